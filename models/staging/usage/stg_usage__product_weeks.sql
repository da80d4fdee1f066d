-- Grain: one row per account_id and product and week_start_date.
-- Why: a year of days is read once; what was looked at day by day joins what needed no look.
with

product_weeks as (

    select * from {{ ref('base_usage__product_weeks') }}

),

checked_rows as (

    select * from {{ ref('base_usage__product_usage') }}

),

suspect_weeks as (

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
    inner join product_weeks on checked_rows.suspect_key = product_weeks.suspect_key
    where checked_rows.is_accepted and product_weeks.is_suspect
    group by checked_rows.account_id, checked_rows.product, {{ week_start('checked_rows.used_on') }}

),

final as (

    select
        account_id,
        product,
        week_start_date,
        event_count,
        active_user_count,
        last_used_on

    from product_weeks
    where not is_suspect
    union all
    select
        account_id,
        product,
        week_start_date,
        event_count,
        active_user_count,
        last_used_on

    from suspect_weeks

)

select * from final
