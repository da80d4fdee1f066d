-- Grain: one row per scope, team and week_start_date.
-- Why: one CSM seldom has enough episodes for a mean that knows the open ones; a team has.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

counted as (

    select * from {{ ref('int_risk_groups__counted') }}

),

averaged as (

    select * from {{ ref('int_risk_groups__averaged') }}

),

observed as (

    select * from {{ ref('int_risk_signals__observed') }}

),

teams as (

    select
        case when csms.team is null then 'no_team' else 'team' end as scope,
        coalesce(csms.team, 'no team') as team,
        {{ week_start('min(csms.hired_on)') }} as from_week
    from csms
    inner join clock on csms.hired_on <= clock.as_of_date
    group by csms.team
    union all
    select
        'unassigned' as scope,
        'unassigned' as team,
        clock.first_week_start_date as from_week
    from clock
    union all
    select
        'organisation' as scope,
        'organisation' as team,
        clock.first_week_start_date as from_week
    from clock

),

final as (

    select
        teams.scope,
        teams.team,
        weeks.week_start_date,
        case when observed.is_detection_observed then coalesce(counted.detected_episode_count, 0) end
            as detected_episode_count,
        counted.mean_detection_days,
        case when observed.is_detection_observed then coalesce(counted.open_undetected_count, 0) end
            as open_undetected_count,
        counted.mean_open_age_days,
        {{ ratio('counted.within_window_count', 'counted.detected_episode_count') }} as within_window_ratio,
        case when observed.is_detection_observed then coalesce(counted.within_window_count, 0) end
            as within_window_count,
        case when observed.is_detection_observed then coalesce(counted.late_open_count, 0) end as late_open_count,
        averaged.restricted_mean_detection_days,
        case when observed.is_detection_observed then coalesce(counted.restricted_episode_count, 0) end
            as restricted_episode_count

    from teams
    inner join weeks on teams.from_week <= weeks.week_start_date
    cross join observed
    left join counted
        on
            observed.is_detection_observed
            and teams.scope = counted.scope
            and teams.team = counted.group_name
            and weeks.week_start_date = counted.week_start_date
    left join averaged
        on
            observed.is_detection_observed
            and teams.scope = averaged.scope
            and teams.team = averaged.group_name
            and weeks.week_start_date = averaged.week_start_date

)

select * from final
