-- Grain: one row per account_id and product and week_start_date.
-- Why: a year of days is read once; what was looked at day by day joins what needed no look.
with

product_weeks as (

    select * from {{ ref('base_usage__product_weeks') }}

),

checked_rows as (

    select * from {{ ref('base_usage__product_usage') }}

),

looked_at_keys as (

    select distinct checked_rows.suspect_key
    from checked_rows

),

looked_at_weeks as (

    select
        checked_rows.account_id,
        checked_rows.product,
        {{ week_start('checked_rows.used_on') }} as week_start_date,
        cast(sum(checked_rows.event_count) as bigint) as event_count,
        cast(sum(checked_rows.active_users) as bigint) as active_user_count,
        max(
            case
                when
                    coalesce(checked_rows.active_users, checked_rows.event_count) is null
                    or checked_rows.active_users > 0
                    or checked_rows.event_count > 0
                    then checked_rows.used_on
            end
        ) as last_used_on

    from checked_rows
    where checked_rows.is_accepted
    group by checked_rows.account_id, checked_rows.product, {{ week_start('checked_rows.used_on') }}

),

final as (

    select
        product_weeks.account_id,
        product_weeks.product,
        product_weeks.week_start_date,
        product_weeks.event_count,
        product_weeks.active_user_count,
        product_weeks.last_used_on

    from product_weeks
    -- a key stands there once
    left join looked_at_keys on product_weeks.suspect_key = looked_at_keys.suspect_key
    where looked_at_keys.suspect_key is null
    union all
    select * from looked_at_weeks

)

select * from final
