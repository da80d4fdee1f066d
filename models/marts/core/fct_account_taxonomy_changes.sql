-- Grain: one row per account_id, attribute and week_start_date in which the attribute got another value.
-- Why: what an account was when something happened to it, and when it became what it is.
with

classified as (

    select * from {{ ref('int_tag_changes__listed') }}

),

final as (

    select
        classified.account_id,
        classified.attribute,
        classified.week_start_date,
        classified.previous_value,
        classified.attribute_value as new_value

    from classified

)

select * from final
