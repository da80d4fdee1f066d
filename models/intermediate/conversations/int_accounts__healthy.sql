-- Grain: one row per account_id that is active on as_of_date.
-- Why: what dashboards say about an account, to compare with what its people say.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

health as (

    select * from {{ ref('int_accounts__health') }}

),

account_levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

used as (

    select * from {{ ref('int_accounts__used') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

judged as (

    select
        owned.account_id,
        health.health_score,
        account_levels.health_trajectory_level,
        account_levels.sentiment_level,
        used.recent_count,
        used.earlier_count,
        not health.is_red and account_levels.health_trajectory_level != 'declining' as is_scored_healthy,
        used.recent_count > 0
        and used.recent_count
        >= {{ comparable('(1 - ' ~ threshold('usage_drop_ratio') ~ ') * used.earlier_count') }}
            as is_used_healthily

    from owned
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date
    -- the spans of an account do not overlap: each join finds one at most
    left join health on owned.account_id = health.account_id
    left join account_levels
        on
            owned.account_id = account_levels.account_id
            and clock.latest_week_start_date >= account_levels.from_week
            and clock.latest_week_start_date < account_levels.to_week
    left join used on owned.account_id = used.account_id

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
