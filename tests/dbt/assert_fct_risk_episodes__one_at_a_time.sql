-- An account has one open episode at a time: a signal that opened another before its end would count a risk twice.
with

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

neighbours as (

    select
        episodes.episode_id,
        episodes.emerged_at,
        lag(episodes.ended_at) over account_history as earlier_ended_at,
        lag(episodes.outcome) over account_history as earlier_outcome,
        lag(episodes.episode_id) over account_history as earlier_episode_id

    from episodes
    window account_history as (partition by episodes.account_id order by episodes.emerged_at)

),

final as (

    select
        neighbours.episode_id,
        neighbours.earlier_episode_id

    from neighbours
    where
        neighbours.earlier_episode_id is not null
        and (
            neighbours.earlier_ended_at is null
            or neighbours.emerged_at < neighbours.earlier_ended_at
            or (neighbours.emerged_at = neighbours.earlier_ended_at and neighbours.earlier_outcome != 'lapsed')
        )

)

select * from final
