-- Grain: one row per account_id and emerged_at at which it has signals.
-- Why: somebody knows of a risk from the first flag or real conversation that follows a sign of it.
with

signals as (

    select * from {{ ref('int_risk_signals__owned') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

risk_flags as (

    select * from {{ ref('stg_crm__risk_flags') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

events as (

    select
        account_id,
        emerged_at as happened_at,
        1 as signal_count,
        0 as flag_count,
        0 as touch_count
    from signals
    union all
    select
        risk_flags.account_id,
        risk_flags.raised_at as happened_at,
        0 as signal_count,
        1 as flag_count,
        0 as touch_count
    from risk_flags
    inner join clock on cast(risk_flags.raised_at as date) <= clock.as_of_date
    union all
    select
        account_id,
        started_at as happened_at,
        0 as signal_count,
        0 as flag_count,
        1 as touch_count
    from interactions
    where is_meaningful

),

instants as (

    select
        events.account_id,
        events.happened_at,
        sum(events.signal_count) as signal_count,
        sum(events.flag_count) as flag_count,
        sum(events.touch_count) as touch_count

    from events
    group by events.account_id, events.happened_at

),

-- A flag counts at the very instant of the signal, a conversation only after it: it may be what the signal came from.
awareness as (

    select
        instants.*,
        least(
            min(case when instants.flag_count > 0 then instants.happened_at end) over (
                partition by instants.account_id
                order by instants.happened_at
                rows between current row and unbounded following
            ),
            min(case when instants.touch_count > 0 then instants.happened_at end) over (
                partition by instants.account_id
                order by instants.happened_at
                rows between 1 following and unbounded following
            )
        ) as aware_at

    from instants

),

final as (

    select
        awareness.account_id,
        awareness.happened_at as emerged_at,
        awareness.aware_at,
        awareness.touch_count > 0 and awareness.flag_count = 0 as is_conversation_only,
        lag(awareness.happened_at) over account_history as earlier_emerged_at,
        lag(awareness.aware_at) over account_history as earlier_aware_at

    from awareness
    where awareness.signal_count > 0
    window account_history as (partition by awareness.account_id order by awareness.happened_at)

)

select * from final
