-- Question: Which books leave more accounts without a real conversation than their cadence explains?
-- Also: books with more neglect than planned; coverage worse than expected
-- Filters: csm
with

triggers as (

    select * from {{ ref('fct_rebalancing_triggers') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        triggers.csm_id,
        csms.csm_name,
        coverage.account_count,
        coverage.unmonitored_account_count,
        coverage.expected_unmonitored_count,
        coverage.overdue_account_count,
        coverage.unmonitored_ratio,
        triggers.threshold as threshold_ratio,
        triggers.since_week_start_date

    from triggers
    inner join weeks on triggers.week_start_date = weeks.week_start_date
    inner join csms on triggers.csm_id = csms.csm_id
    inner join coverage on triggers.csm_id = coverage.csm_id and triggers.week_start_date = coverage.week_start_date
    where
        weeks.is_latest
        and triggers.trigger = 'unmonitored'
    order by coverage.unmonitored_ratio desc, triggers.csm_id asc

)

select * from final
