-- Grain: one row per account_id that is active on as_of_date.
-- Why: what the dashboards say of an account, to be held against what its people say.
with

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

),

health as (

    select * from {{ ref('int_accounts__health') }}

),

account_levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

usage_sums as (

    select * from {{ ref('int_accounts__used') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

judged as (

    select
        account_weeks.account_id,
        health.health_score,
        account_levels.health_trajectory_level,
        account_levels.sentiment_level,
        usage_sums.recent_count,
        usage_sums.earlier_count,
        not health.is_red and account_levels.health_trajectory_level != 'declining' as is_scored_healthy,
        usage_sums.recent_count > 0
        and usage_sums.recent_count
        >= {{ comparable('(1 - ' ~ threshold('usage_drop_ratio') ~ ') * usage_sums.earlier_count') }}
            as is_used_healthily

    from account_weeks
    inner join clock on account_weeks.week_start_date = clock.latest_week_start_date
    -- the spans of an account do not overlap: each join finds one at most
    left join health on account_weeks.account_id = health.account_id
    left join account_levels
        on
            account_weeks.account_id = account_levels.account_id
            and account_weeks.week_start_date >= account_levels.from_week
            and account_weeks.week_start_date < account_levels.to_week
    left join usage_sums on account_weeks.account_id = usage_sums.account_id

),

final as (

    select
        judged.account_id,
        judged.health_score,
        judged.health_trajectory_level,
        judged.sentiment_level,
        judged.recent_count,
        judged.earlier_count,
        judged.is_scored_healthy,
        judged.is_used_healthily,
        -- what is not observed does not speak against it; with neither there is nothing to say
        coalesce(
            judged.is_scored_healthy and judged.is_used_healthily, judged.is_scored_healthy, judged.is_used_healthily
        ) as is_healthy

    from judged

)

select * from final
