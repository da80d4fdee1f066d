-- Grain: one row per outcome_type, account_id and outcome_on before which anything is counted.
-- Why: what is open when the exposure is measured, and what was done from then on, must not double an outcome.
with

outcomes as (

    select * from {{ ref('int_outcomes__recorded') }}

),

episodes as (

    select * from {{ ref('int_risk_episodes__ended') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

-- A row for each that counts. Conversations are asked of renewals alone: they are what accounts in trouble get more of.
counted as (

    select
        outcomes.outcome_type,
        outcomes.account_id,
        outcomes.outcome_on,
        1 as open_episode_count,
        0 as meaningful_interaction_count
    from outcomes
    inner join episodes
        on
            outcomes.account_id = episodes.account_id
            and {{ days_after('outcomes.week_start_date', 7) }} > cast(episodes.emerged_at as date)
            and coalesce({{ days_after('outcomes.week_start_date', 7) }} <= cast(episodes.ended_at as date), true)
    union all
    select
        outcomes.outcome_type,
        outcomes.account_id,
        outcomes.outcome_on,
        0 as open_episode_count,
        1 as meaningful_interaction_count
    from outcomes
    inner join interactions
        on
            outcomes.account_id = interactions.account_id
            and {{ days_after('outcomes.week_start_date', 7) }} <= interactions.started_on
            and outcomes.outcome_on > interactions.started_on
    where outcomes.outcome_type = 'renewal' and interactions.is_meaningful

),

final as (

    select
        counted.outcome_type,
        counted.account_id,
        counted.outcome_on,
        cast(sum(counted.open_episode_count) as bigint) as open_episode_count,
        cast(sum(counted.meaningful_interaction_count) as bigint) as meaningful_interaction_count

    from counted
    group by counted.outcome_type, counted.account_id, counted.outcome_on

)

select * from final
