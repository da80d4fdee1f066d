-- Question: Which books grew beyond their capacity without a single account being assigned?
-- Also: workload grew without new accounts; who became overloaded unnoticed; creeping overload
-- Filters: csm
with

drifts as (

    select * from {{ ref('fct_book_drift') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        drifts.csm_id,
        csms.csm_name,
        drifts.baseline_week_start_date,
        drifts.baseline_load_ratio,
        drifts.load_ratio,
        drifts.baseline_effort_hours,
        drifts.effort_hours,
        drifts.effort_drift_hours,
        drifts.is_over_target_at_baseline_capacity

    from drifts
    inner join weeks on drifts.week_start_date = weeks.week_start_date
    inner join csms on drifts.csm_id = csms.csm_id
    where
        weeks.is_latest
        and drifts.is_silent_overload
    order by drifts.effort_drift_hours desc, drifts.csm_id asc

)

select * from final
