-- Grain: one row per signal_id, of accounts that are customers on the day.
-- Why: five kinds of signs, one form; a sign belongs to whoever owned the account when it could be seen.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

assignments as (

    select * from {{ ref('stg_crm__account_assignments') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

risk_signal_rules as (

    select * from {{ ref('risk_signal_rules') }}

),

-- What tells one signal of a kind and account from another; texts, so that ids read alike everywhere.
signals as (

    select
        'usage_decline' as signal_type,
        account_id,
        cast({{ days_after('week_start_date', 6) }} as string) as occasion,
        detector,
        emerged_at
    from {{ ref('int_usage_decline__signalled') }}
    union all
    select
        'negative_sentiment' as signal_type,
        account_id,
        {{ joined_key(['interaction_id']) }} as occasion,
        detector,
        emerged_at
    from {{ ref('int_negative_sentiment__signalled') }}
    union all
    select
        'ticket_escalation' as signal_type,
        account_id,
        {{ joined_key(['ticket_id']) }} as occasion,
        detector,
        emerged_at
    from {{ ref('int_ticket_escalation__signalled') }}
    union all
    select
        'stakeholder_disengagement' as signal_type,
        account_id,
        {{ joined_key(['contact_id', 'detector', 'cast(cast(emerged_at as date) as string)']) }} as occasion,
        detector,
        emerged_at
    from {{ ref('int_stakeholder_disengagement__signalled') }}
    union all
    select
        'delayed_renewal' as signal_type,
        account_id,
        concat(cast(ends_on as string), '|', cast(cast(emerged_at as date) as string)) as occasion,
        detector,
        emerged_at
    from {{ ref('int_delayed_renewal__signalled') }}

),

final as (

    select
        signals.account_id,
        signals.signal_type,
        signals.detector,
        signals.emerged_at,
        risk_signal_rules.value as severity_score,
        concat(signals.signal_type, '|', {{ joined_key(['signals.account_id']) }}, '|', signals.occasion) as signal_id,
        coalesce(csms.csm_id, 'unassigned') as csm_id

    from signals
    inner join accounts
        on
            signals.account_id = accounts.account_id
            and cast(signals.emerged_at as date) >= accounts.customer_since
            and (accounts.churned_on is null or cast(signals.emerged_at as date) < accounts.churned_on)
    inner join clock on cast(signals.emerged_at as date) <= clock.as_of_date
    inner join risk_signal_rules
        on signals.signal_type = risk_signal_rules.signal_type and risk_signal_rules.parameter = 'severity'
    -- the assignments of an account do not overlap, so each day finds one at most
    left join assignments
        on
            signals.account_id = assignments.account_id
            and cast(signals.emerged_at as date) >= assignments.assigned_on
            and (assignments.unassigned_on is null or cast(signals.emerged_at as date) < assignments.unassigned_on)
    left join csms
        on
            assignments.csm_id = csms.csm_id
            and cast(signals.emerged_at as date) >= csms.hired_on
            and (csms.left_on is null or cast(signals.emerged_at as date) < csms.left_on)

)

select * from final
