-- Grain: one row per account_id that has any usage by as_of_date.
-- Why: use of the last weeks is held against that of as many before; of all that is older only its being there counts.
with

usage as (

    select * from {{ ref('stg_usage__product_usage') }}

),

usage_weeks as (

    select * from {{ ref('int_usage_weeks__used') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

recent_weeks as (

    select
        clock.as_of_date,
        {{ week_start(
            days_after('clock.as_of_date', '1 - ' ~ threshold('usage_days') ~ ' - ' ~ threshold('usage_days'))
        ) }} as from_week

    from clock

),

-- A day without a row is a day without use, if the account has any at all: use long ago is that and no more.
daily_usage as (

    select
        usage.account_id,
        coalesce(usage.event_count, usage.active_users) as usage_count,
        {{ days_between('usage.used_on', 'recent_weeks.as_of_date') }} as age_days

    from usage
    inner join recent_weeks on usage.used_on >= recent_weeks.from_week and usage.used_on <= recent_weeks.as_of_date
    union all
    select
        usage_weeks.account_id,
        0 as usage_count,
        {{ days_between('usage_weeks.week_start_date', 'recent_weeks.as_of_date') }} as age_days

    from usage_weeks
    inner join recent_weeks on usage_weeks.week_start_date < recent_weeks.from_week

),

final as (

    select
        daily_usage.account_id,
        sum(case when daily_usage.age_days < {{ threshold('usage_days') }} then daily_usage.usage_count else 0 end)
            as recent_count,
        sum(
            case
                when daily_usage.age_days < {{ threshold('usage_days') }} then 0
                when daily_usage.age_days < {{ threshold('usage_days') }} + {{ threshold('usage_days') }}
                    then daily_usage.usage_count
                else 0
            end
        ) as earlier_count

    from daily_usage
    group by daily_usage.account_id

)

select * from final
