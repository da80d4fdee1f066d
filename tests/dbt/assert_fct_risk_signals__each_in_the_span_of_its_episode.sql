-- A signal without its episode, or outside of it, would be a risk that nobody had to see.
with

signals as (

    select * from {{ ref('fct_risk_signals') }}

),

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

counted as (

    select
        signals.episode_id,
        signals.account_id,
        count(*) as signal_count,
        min(signals.emerged_at) as first_emerged_at,
        max(signals.emerged_at) as last_emerged_at

    from signals
    group by signals.episode_id, signals.account_id

),

final as (

    select
        counted.episode_id,
        episodes.episode_id as found_episode_id

    from counted
    full join episodes on counted.episode_id = episodes.episode_id
    where
        counted.episode_id is null
        or episodes.episode_id is null
        or counted.account_id != episodes.account_id
        or counted.signal_count != episodes.signal_count
        or counted.first_emerged_at != episodes.emerged_at
        or counted.last_emerged_at > episodes.ended_at

)

select * from final
