-- Grain: one row per account_id and product and used_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('usage', 'product_usage', ref('base_usage__product_usage')) }}

),

final as (

    select
        account_id,
        product,
        used_on,
        active_users,
        event_count

    from accepted_rows

)

select * from final
