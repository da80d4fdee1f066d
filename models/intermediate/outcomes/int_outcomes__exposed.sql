-- Grain: one row per outcome_type, account_id and outcome_on.
-- Why: what was known of the account a lag before its outcome, from spans: cost follows outcomes, not account-weeks.
with

outcomes as (

    select * from {{ ref('int_outcomes__recorded') }}

),

counts as (

    select * from {{ ref('int_outcomes__counted') }}

),

coverage as (

    select * from {{ ref('int_accounts__coverage') }}

),

levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

red_changes as (

    select * from {{ ref('int_red_accounts__changed') }}

),

risk_signals_observed as (

    select * from {{ ref('int_risk_signals__observed') }}

),

observed as (

    select
        risk_signals_observed.is_observed as has_risk_signals,
        exists(select 1 from {{ ref('stg_crm__health_scores') }}) as has_health_scores,
        exists(select 1 from {{ ref('stg_interactions__interactions') }}) as has_interactions

    from risk_signals_observed

),

red_spans as (

    select
        red_changes.account_id,
        red_changes.is_red,
        red_changes.week_start_date as from_week,
        lead(red_changes.week_start_date) over (
            partition by red_changes.account_id order by red_changes.week_start_date
        ) as to_week

    from red_changes

),

final as (

    select
        outcomes.outcome_type,
        outcomes.account_id,
        outcomes.outcome_on,
        coverage.csm_id,
        {{ days_between('cast(coverage.last_meaningful_at as date)', days_after('outcomes.week_start_date', 6)) }}
            as days_since_meaningful,
        case
            when observed.has_interactions and coverage.account_id is not null
                then coverage.unmonitored_week <= outcomes.week_start_date
        end as is_unmonitored,
        case when coverage.account_id is not null then levels.lifecycle_level end as lifecycle_level,
        -- an account without a score is not red; of one that is not there yet nothing is known
        case
            when observed.has_health_scores and coverage.account_id is not null
                then coalesce(red_spans.is_red, false)
        end as is_red,
        case
            when observed.has_risk_signals and coverage.account_id is not null
                then coalesce(counts.open_episode_count, 0)
        end as open_episode_count,
        case
            when outcomes.outcome_type = 'renewal' and observed.has_interactions and coverage.account_id is not null
                then coalesce(counts.meaningful_interaction_count, 0)
        end as meaningful_interaction_count

    from outcomes
    cross join observed
    -- the spans of an account do not overlap: each of these joins keeps one row
    left join coverage
        on
            outcomes.account_id = coverage.account_id
            and outcomes.week_start_date >= coverage.from_week
            and outcomes.week_start_date < coverage.to_week
    left join levels
        on
            outcomes.account_id = levels.account_id
            and outcomes.week_start_date >= levels.from_week
            and outcomes.week_start_date < levels.to_week
    left join red_spans
        on
            outcomes.account_id = red_spans.account_id
            and outcomes.week_start_date >= red_spans.from_week
            and (red_spans.to_week is null or outcomes.week_start_date < red_spans.to_week)
    left join counts
        on
            outcomes.account_id = counts.account_id
            and outcomes.outcome_type = counts.outcome_type
            and outcomes.outcome_on = counts.outcome_on

)

select * from final
