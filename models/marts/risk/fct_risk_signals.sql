-- Grain: one row per signal_id.
-- Why: each sign of risk with the episode that it belongs to, so that an episode can be traced to what was seen.
with

signals as (

    select * from {{ ref('int_risk_signals__joined') }}

),

final as (

    select
        signals.signal_id,
        signals.account_id,
        signals.csm_id,
        signals.signal_type,
        signals.detector,
        signals.emerged_at,
        signals.severity_score,
        signals.episode_id

    from signals

)

select * from final
