-- Grain: one row per scope, group_name and week_start_date with enough episodes.
-- Why: Kaplan-Meier uses what is still unseen too: the mean days to detection, nobody waiting longer than the horizon.
with

followed as (

    select * from {{ ref('int_risk_episodes__followed') }}

),

counted as (

    select * from {{ ref('int_risk_groups__counted') }}

),

-- Days to detection or to the last day on which it was known that nobody had noticed; beyond the horizon all is one.
days_followed as (

    select
        followed.scope,
        followed.group_name,
        followed.week_start_date,
        least(followed.followed_days, {{ threshold('restricted_mean_days') }}) as followed_days,
        count(case when followed.is_detected then 1 end) as detected_count,
        count(*) as episode_count,
        counted.restricted_episode_count

    from followed
    inner join counted
        on
            followed.scope = counted.scope
            and followed.group_name = counted.group_name
            and followed.week_start_date = counted.week_start_date
    where followed.is_recent and counted.restricted_episode_count >= {{ threshold('minimum_episodes') }}
    group by
        followed.scope,
        followed.group_name,
        followed.week_start_date,
        least(followed.followed_days, {{ threshold('restricted_mean_days') }}),
        counted.restricted_episode_count

),

-- Those who leave on a day are at risk on that day: a detection comes before the end of observation.
at_risk as (

    select
        days_followed.*,
        days_followed.restricted_episode_count + days_followed.episode_count
        - sum(days_followed.episode_count) over earlier_days as at_risk_count,
        lag(days_followed.followed_days) over all_days as earlier_days,
        lead(days_followed.followed_days) over all_days as later_days

    from days_followed
    window
        all_days as (
            partition by days_followed.scope, days_followed.group_name, days_followed.week_start_date
            order by days_followed.followed_days
        ),
        earlier_days as (
            partition by days_followed.scope, days_followed.group_name, days_followed.week_start_date
            order by days_followed.followed_days rows between unbounded preceding and current row
        )

),

-- A product as a sum of logarithms. Where all who are left are detected at once, nobody is left and no row follows.
survival as (

    select
        at_risk.*,
        case
            when at_risk.detected_count = at_risk.at_risk_count then 0
            else exp(sum(ln(
                case
                    when at_risk.detected_count = at_risk.at_risk_count then 1
                    else 1 - at_risk.detected_count / cast(at_risk.at_risk_count as double)
                end
            )) over (
                partition by at_risk.scope, at_risk.group_name, at_risk.week_start_date
                order by at_risk.followed_days rows between unbounded preceding and current row
            ))
        end as undetected_ratio

    from at_risk

),

final as (

    select
        survival.scope,
        survival.group_name,
        survival.week_start_date,
        sum(
            case when survival.earlier_days is null then survival.followed_days else 0 end
            + survival.undetected_ratio
            * (coalesce(survival.later_days, {{ threshold('restricted_mean_days') }}) - survival.followed_days)
        ) as restricted_mean_detection_days

    from survival
    group by survival.scope, survival.group_name, survival.week_start_date

)

select * from final
