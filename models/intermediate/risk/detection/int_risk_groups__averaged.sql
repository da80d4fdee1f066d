-- Grain: one row per scope, group_name and week_start_date with enough episodes.
-- Why: Kaplan-Meier uses what is still unseen too: the mean days to detection, nobody waiting longer than the horizon.
{{ keeps_earlier_means() }}
{% set from_week = means_rebuild_from(ref('int_risk_groups__counted')) %}
{% set horizon = days_as_microseconds(threshold('restricted_mean_days')) %}
with

episodes as (

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
    where
        counted.restricted_episode_count >= {{ threshold('minimum_episodes') }}
        and counted.week_start_date >= {{ from_week }}

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
            ended_week as from_week,
            recent_to_week as to_week,
            followed_microseconds as microseconds,
            0 as days_per_week,
            case when outcome = 'detected' then 0 else 1 end as unseen_count
        from episodes
        where outcome in ('detected', 'lapsed') and followed_microseconds < {{ horizon }}
        union all
        select
            {{ scope }} as scope,
            {{ group_name }} as group_name,
            from_week,
            least(recent_to_week, coalesce(ended_week, recent_to_week)) as to_week,
            first_week_microseconds as microseconds,
            7 as days_per_week,
            1 as unseen_count
        from episodes
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Most rows of all, and never stored: each recent episode in its groups and weeks, as known at the week's end.
followed as (

    select
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

),

-- Those who leave at an instant are at risk at it: a detection comes before the end of observation.
ranked as (

    select
        followed.group_week_number,
        followed.restricted_episode_count,
        followed.unseen_count,
        followed.microseconds,
        rank() over (
            partition by followed.group_week_number
            order by followed.microseconds, followed.unseen_count
        ) as life_rank,
        rank() over (
            partition by followed.group_week_number, followed.unseen_count
            order by followed.microseconds
        ) as kind_rank

    from followed

),

-- The weight of those who leave unseen is redistributed to those who stay (Satten and Datta 2001: as Kaplan-Meier).
weights as (

    select
        ranked.group_week_number,
        ranked.kind_rank - 1 + count(*) as unseen_count,
        exp(sum(ln(
            (ranked.restricted_episode_count - ranked.life_rank + 1)
            / nullif(cast(ranked.restricted_episode_count - ranked.life_rank + 1 - count(*) as double), 0)
        )) over (
            partition by ranked.group_week_number
            order by ranked.life_rank rows between unbounded preceding and current row
        )) as weight

    from ranked
    where ranked.unseen_count = 1
    group by ranked.group_week_number, ranked.restricted_episode_count, ranked.life_rank, ranked.kind_rank

),

-- What a detection spares of the horizon, by how many had left unseen before it.
spared as (

    select
        ranked.group_week_number,
        ranked.life_rank - ranked.kind_rank as unseen_count,
        sum(cast({{ horizon }} - ranked.microseconds as double)) as microseconds

    from ranked
    where ranked.unseen_count = 0
    group by ranked.group_week_number, ranked.life_rank - ranked.kind_rank

),

spared_sums as (

    select
        spared.group_week_number,
        -- before anybody left all weights are one
        sum(coalesce(weights.weight, 1) * spared.microseconds) as microseconds

    from spared
    left join weights
        on
            spared.group_week_number = weights.group_week_number
            and spared.unseen_count = weights.unseen_count
    group by spared.group_week_number

),

final as (

    select
        counted.scope,
        counted.group_name,
        counted.week_start_date,
        {{ threshold('restricted_mean_days') }}
        - {{ microseconds_as_days('coalesce(spared_sums.microseconds, 0)') }} / counted.restricted_episode_count
            as restricted_mean_detection_days,
        -- what the mean is made of: where this changes, it is computed again
        counted.restricted_episode_count,
        counted.open_undetected_count,
        counted.open_microseconds,
        counted.detected_episode_count,
        counted.detection_microseconds

    from counted
    left join spared_sums on counted.group_week_number = spared_sums.group_week_number
    where
        counted.restricted_episode_count >= {{ threshold('minimum_episodes') }}
        and counted.week_start_date >= {{ from_week }}

)

select * from final
