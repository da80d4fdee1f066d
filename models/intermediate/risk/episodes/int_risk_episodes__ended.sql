-- Grain: one row per episode_id.
-- Why: an episode that nobody noticed has an end too; a mean over the noticed ones would not know it.
{% set detection_days = comparable(elapsed_days('ended.emerged_at', 'ended.detected_at')) %}
{% set age_days = comparable(elapsed_days('ended.emerged_at', 'ended.known_until')) %}
with

signals as (

    select * from {{ ref('int_risk_signals__joined') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

risk_signal_rules as (

    select * from {{ ref('risk_signal_rules') }}

),

opened as (

    select
        signals.episode_id,
        signals.account_id,
        cast(accounts.churned_on as timestamp) as churned_at,
        min(signals.emerged_at) as emerged_at,
        max(case when signals.signal_id = signals.episode_id then signals.csm_id end) as csm_id,
        max(case when signals.signal_id = signals.episode_id then signals.signal_type end) as signal_type,
        max(case when signals.signal_id = signals.episode_id then signals.aware_at end) as aware_at,
        {{ instant_after('max(signals.emerged_at)', threshold('episode_lapse_days')) }} as lapse_at,
        count(*) as signal_count

    from signals
    inner join accounts on signals.account_id = accounts.account_id
    group by signals.episode_id, signals.account_id, accounts.churned_on

),

outcomes as (

    select
        opened.*,
        cast({{ days_after('clock.as_of_date', 1) }} as timestamp) as known_until,
        case
            -- at the instant of the lapse somebody still noticed; at that of the churn it was too late
            when
                opened.aware_at <= opened.lapse_at
                and (opened.churned_at is null or opened.aware_at < opened.churned_at) then 'detected'
            when opened.churned_at <= opened.lapse_at and cast(opened.churned_at as date) <= clock.as_of_date
                then 'churned'
            when cast(opened.lapse_at as date) <= clock.as_of_date then 'lapsed'
            else 'open'
        end as outcome

    from opened
    cross join clock

),

ended as (

    select
        outcomes.*,
        risk_signal_rules.value as intervention_window_days,
        case when outcomes.outcome = 'detected' then outcomes.aware_at end as detected_at,
        case outcomes.outcome
            when 'detected' then outcomes.aware_at
            when 'churned' then outcomes.churned_at
            when 'lapsed' then outcomes.lapse_at
        end as ended_at

    from outcomes
    inner join risk_signal_rules
        on
            outcomes.signal_type = risk_signal_rules.signal_type
            and risk_signal_rules.parameter = 'intervention_window_days'

),

final as (

    select
        ended.episode_id,
        ended.account_id,
        ended.csm_id,
        ended.signal_type,
        ended.emerged_at,
        ended.detected_at,
        ended.ended_at,
        {{ elapsed_days('ended.emerged_at', 'ended.detected_at') }} as detection_days,
        ended.outcome,
        case
            when ended.outcome in ('churned', 'lapsed') then false
            when ended.outcome = 'detected' then {{ detection_days }} <= ended.intervention_window_days
            -- not yet seen: in the last instant of its window it would still be in time
            when {{ age_days }} > ended.intervention_window_days then false
        end as is_within_window,
        ended.intervention_window_days,
        ended.signal_count,
        coalesce(lag(ended.outcome) over account_history = 'detected', false) as is_relapse

    from ended
    window account_history as (partition by ended.account_id order by ended.emerged_at)

)

select * from final
