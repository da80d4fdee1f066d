-- Grain: one row per episode_id.
-- Why: a week is measured with what was known at its end; the weeks in which an episode says what are spans.
with

episodes as (

    select * from {{ ref('int_risk_episodes__ended') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

-- The first week that ends after an instant is the one that holds it.
spans as (

    select
        episodes.episode_id,
        episodes.csm_id,
        csms.team,
        episodes.outcome,
        episodes.is_within_window,
        episodes.emerged_at,
        episodes.ended_at,
        episodes.intervention_window_days,
        {{ week_start('episodes.emerged_at') }} as from_week,
        {{ week_start(instant_after('episodes.emerged_at', threshold('restricted_mean_lookback_days'))) }}
            as recent_to_week,
        {{ week_start('episodes.ended_at') }} as ended_week,
        {{ week_start('episodes.detected_at') }} as detected_week,
        {{ week_start(instant_after('episodes.detected_at', threshold('detection_days'))) }} as detected_to_week,
        {{ week_start(instant_after('episodes.emerged_at', 'floor(episodes.intervention_window_days)')) }}
            as window_week,
        {{ elapsed_microseconds('episodes.emerged_at', 'episodes.ended_at') }} as followed_microseconds

    from episodes
    left join csms on episodes.csm_id = csms.csm_id

),

final as (

    select
        spans.episode_id,
        spans.csm_id,
        spans.outcome,
        spans.is_within_window,
        spans.from_week,
        spans.recent_to_week,
        spans.ended_week,
        spans.detected_week,
        spans.detected_to_week,
        spans.followed_microseconds,
        -- an episode counts for whoever had to see it, for that person's team or lack of one, and for the organisation
        case
            when spans.csm_id = 'unassigned' then 'unassigned'
            when spans.team is null then 'no_team'
            else 'team'
        end as team_scope,
        case when spans.csm_id = 'unassigned' then 'unassigned' else coalesce(spans.team, 'no team') end as team_name,
        -- open for exactly its window is not late, as compared
        case
            when
                {{ comparable(elapsed_days(
                    'spans.emerged_at', 'cast(' ~ days_after('spans.window_week', 7) ~ ' as timestamp)'
                )) }} > spans.intervention_window_days then spans.window_week
            else {{ days_after('spans.window_week', 7) }}
        end as late_from_week,
        {{ elapsed_microseconds(
            'spans.emerged_at', 'cast(' ~ days_after('spans.from_week', 7) ~ ' as timestamp)'
        ) }} as first_week_microseconds

    from spans

)

select * from final
