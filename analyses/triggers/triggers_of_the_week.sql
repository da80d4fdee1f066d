-- Question: What calls for a rebalancing this week, and why?
-- Also: what should I do this week; triggers; what needs attention; why rebalance; alerts of the week
-- Also: which books need a change
-- Filters: csm
with

triggers as (

    select * from {{ ref('fct_rebalancing_triggers') }}

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
        triggers.trigger,
        triggers.since_week_start_date,
        triggers.reason

    from triggers
    inner join weeks on triggers.week_start_date = weeks.week_start_date
    inner join csms on triggers.csm_id = csms.csm_id
    where weeks.is_latest
    order by triggers.csm_id asc, triggers.trigger asc

)

select * from final
