-- Grain: one row per scope, group_name, episode_id and week_start_date in which the episode still says something.
-- Why: a week is measured with what was known at its end; an episode found later was open then.
with

episodes as (

    select * from {{ ref('int_risk_episodes__ended') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

week_ends as (

    select
        weeks.week_start_date,
        cast({{ days_after('weeks.week_start_date', 7) }} as timestamp) as ends_at

    from weeks

),

-- An episode counts for whoever had to see it, for that person's team or lack of one, and for the organisation.
members as (

    select
        'csm' as scope,
        episodes.csm_id as group_name,
        episodes.*
    from episodes
    where episodes.csm_id != 'unassigned'
    union all
    select
        case
            when episodes.csm_id = 'unassigned' then 'unassigned'
            when csms.team is null then 'no_team'
            else 'team'
        end as scope,
        case
            when episodes.csm_id = 'unassigned' then 'unassigned'
            else coalesce(csms.team, 'no team')
        end as group_name,
        episodes.*
    from episodes
    left join csms on episodes.csm_id = csms.csm_id
    union all
    select
        'organisation' as scope,
        'organisation' as group_name,
        episodes.*
    from episodes

),

known as (

    select
        members.*,
        week_ends.week_start_date,
        week_ends.ends_at,
        {{ elapsed_days('members.emerged_at', 'week_ends.ends_at') }} as age_days,
        members.emerged_at
        >= {{ instant_after('week_ends.ends_at', '-' ~ threshold('restricted_mean_lookback_days')) }} as is_recent,
        coalesce(members.ended_at < week_ends.ends_at, false) as has_ended,
        coalesce(
            members.detected_at < week_ends.ends_at
            and members.detected_at >= {{ instant_after('week_ends.ends_at', '-' ~ threshold('detection_days')) }},
            false
        ) as is_newly_detected

    from members
    inner join week_ends on members.emerged_at < week_ends.ends_at

),

final as (

    select
        known.scope,
        known.group_name,
        known.episode_id,
        known.week_start_date,
        known.is_recent,
        known.is_newly_detected,
        not known.has_ended as is_open,
        known.has_ended and known.outcome = 'detected' as is_detected,
        known.detection_days,
        known.is_within_window,
        known.age_days,
        known.intervention_window_days,
        -- whom nobody noticed before the churn nobody ever will: at risk of being noticed to the very horizon
        case
            when known.has_ended and known.outcome = 'detected' then known.detection_days
            when known.has_ended and known.outcome = 'lapsed'
                then {{ elapsed_days('known.emerged_at', 'known.ended_at') }}
            when known.has_ended then {{ threshold('restricted_mean_days') }}
            else known.age_days
        end as followed_days

    from known
    where known.is_recent or known.is_newly_detected or not known.has_ended

)

select * from final
