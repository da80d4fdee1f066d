-- Grain: one row per account_id and week_start_date with use.
-- Why: every rule about use reads weeks; days are read once.
{{ keeps_earlier_weeks('week_start_date') }}
with

product_weeks as (

    select * from {{ ref('stg_usage__product_weeks') }}

),

final as (

    select
        product_weeks.account_id,
        product_weeks.week_start_date,
        cast(sum(product_weeks.event_count) as bigint) as event_count,
        cast(sum(product_weeks.active_user_count) as bigint) as active_user_count,
        max(product_weeks.last_used_on) as last_used_on

    from product_weeks
    where product_weeks.week_start_date >= {{ rebuild_from() }}
    group by product_weeks.account_id, product_weeks.week_start_date

)

select * from final
