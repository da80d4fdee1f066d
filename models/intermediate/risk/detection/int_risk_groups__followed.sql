-- Grain: one row per scope, group_name, week_start_date and episode_id that is recent and within the horizon.
-- Why: a view, since these are most rows of all: each episode in its groups and weeks, as known at the week's end.
{{ config(materialized='view') }}
{% set horizon = days_as_microseconds(threshold('restricted_mean_days')) %}
with

followed as (

    select * from {{ ref('int_risk_episodes__followed') }}

),

counted as (

    select * from {{ ref('int_risk_groups__counted') }}

),

large_groups as (

    select
        counted.scope,
        counted.group_name,
        counted.week_start_date,
        counted.group_week_number,
        counted.restricted_episode_count,
        {{ week_number('counted.week_start_date') }} as week_number

    from counted
    where counted.restricted_episode_count >= {{ threshold('minimum_episodes') }}

),

-- Seen after so long, or not seen when last looked at: one that lapsed then, an open one a week later each week.
-- Whom nobody noticed before the churn nobody ever will, and is at risk of being noticed to the very horizon.
lives as (

    {% for scope, group_name in [
        ("'csm'", 'csm_id'), ('team_scope', 'team_name'), ("'organisation'", "'organisation'")
    ] %}
        select
            {{ scope }} as scope,
            {{ group_name }} as group_name,
            episode_id,
            ended_week as from_week,
            recent_to_week as to_week,
            followed_microseconds as microseconds,
            0 as days_per_week,
            case when outcome = 'detected' then 0 else 1 end as unseen_count
        from followed
        where outcome in ('detected', 'lapsed') and followed_microseconds < {{ horizon }}
        union all
        select
            {{ scope }} as scope,
            {{ group_name }} as group_name,
            episode_id,
            from_week,
            least(recent_to_week, coalesce(ended_week, recent_to_week)) as to_week,
            first_week_microseconds as microseconds,
            7 as days_per_week,
            1 as unseen_count
        from followed
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        large_groups.scope,
        large_groups.group_name,
        large_groups.week_start_date,
        lives.episode_id,
        large_groups.group_week_number,
        large_groups.restricted_episode_count,
        lives.unseen_count,
        lives.microseconds
        + {{ days_as_microseconds(
            'lives.days_per_week * (large_groups.week_number - ' ~ week_number('lives.from_week') ~ ')'
        ) }} as microseconds

    from lives
    inner join large_groups
        on
            lives.scope = large_groups.scope
            and lives.group_name = large_groups.group_name
            and lives.from_week <= large_groups.week_start_date
            and lives.to_week > large_groups.week_start_date
    where
        lives.microseconds
        + {{ days_as_microseconds(
            'lives.days_per_week * (large_groups.week_number - ' ~ week_number('lives.from_week') ~ ')'
        ) }} < {{ horizon }}

)

select * from final
