-- Grain: one row per outcome_type, account_id and outcome_on.
-- Why: an outcome beside what its account and book were under a lag before; what they are on its day did not cause it.
with

outcomes as (

    select * from {{ ref('int_outcomes__recorded') }}

),

exposed as (

    select * from {{ ref('int_outcomes__exposed') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

engagement as (

    select * from {{ ref('fct_csm_engagement') }}

),

-- The same book earlier and later than the exposure: what comes after an outcome cannot have caused it.
timed as (

    select
        outcomes.*,
        exposed.csm_id,
        exposed.days_since_meaningful,
        exposed.is_unmonitored,
        exposed.lifecycle_level,
        exposed.is_red,
        exposed.open_episode_count,
        exposed.meaningful_interaction_count,
        {{ days_after('outcomes.week_start_date', '-7 * ' ~ threshold('outcome_lag_weeks')) }} as earlier_week,
        {{ days_after('outcomes.week_start_date', '-7 * 2 * ' ~ threshold('outcome_lag_weeks')) }} as earliest_week,
        {{ days_after('outcomes.outcome_week_start_date', '7 * ' ~ threshold('outcome_lag_weeks')) }}
            as later_week

    from outcomes
    -- both have a row for each outcome
    inner join exposed
        on
            outcomes.outcome_type = exposed.outcome_type
            and outcomes.account_id = exposed.account_id
            and outcomes.outcome_on = exposed.outcome_on

),

final as (

    select
        timed.outcome_type,
        timed.account_id,
        timed.outcome_on,
        timed.outcome,
        timed.outcome_score,
        timed.is_mid_term,
        timed.concerned_arr_usd,
        accounts.segment,
        timed.week_start_date,
        timed.csm_id,
        loads.account_count as book_account_count,
        loads.arr_usd as book_arr_usd,
        loads.load_ratio,
        earlier_loads.load_ratio as earlier_load_ratio,
        earliest_loads.load_ratio as earliest_load_ratio,
        timed.later_week as later_week_start_date,
        later_loads.load_ratio as later_load_ratio,
        timed.days_since_meaningful,
        timed.is_unmonitored,
        coverage.unmonitored_ratio,
        timed.lifecycle_level,
        timed.is_red,
        timed.open_episode_count,
        detection.mean_detection_days,
        detection.open_undetected_count,
        engagement.mean_standardised_quality_score_last_13_weeks,
        timed.meaningful_interaction_count

    from timed
    inner join accounts on timed.account_id = accounts.account_id
    {% for time in ['earlier', 'earliest', 'later'] %}
        left join loads as {{ time }}_loads
            on timed.csm_id = {{ time }}_loads.csm_id and timed.{{ time }}_week = {{ time }}_loads.week_start_date
    {% endfor %}
    {% for book in ['loads', 'coverage', 'detection', 'engagement'] %}
        left join {{ book }}
            on timed.csm_id = {{ book }}.csm_id and timed.week_start_date = {{ book }}.week_start_date
    {% endfor %}

)

select * from final
