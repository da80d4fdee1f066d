-- Question: What signs of risk do we see, how often, and how many are still unanswered?
-- Also: kinds of risk signals; how many signals of each type; number of usage declines; frequency of risk signs
with

signals as (

    select * from {{ ref('fct_risk_signals') }}

),

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

final as (

    select
        signals.signal_type,
        signals.detector,
        cast(max(signals.emerged_at) as date) as last_emerged_on,
        count(*) as signal_count,
        count(distinct signals.account_id) as account_count,
        count(distinct case when episodes.outcome = 'open' then signals.account_id end) as open_account_count

    from signals
    inner join episodes on signals.episode_id = episodes.episode_id
    group by signals.signal_type, signals.detector
    order by signal_count desc, signals.signal_type asc, signals.detector asc

)

select * from final
