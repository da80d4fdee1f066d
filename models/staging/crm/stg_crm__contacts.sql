-- Grain: one row per contact_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__contacts') }}

),

final as (

    select
        contact_id,
        account_id,
        contact_role,
        added_on,
        left_on

    from checked_rows
    where is_accepted

)

select * from final
