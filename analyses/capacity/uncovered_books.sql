-- Question: Whose accounts has nobody time for this week, and since when?
-- Also: accounts nobody has time for; whose accounts are uncovered; who covers for somebody on leave
-- Also: no cover during leave
-- Filters: csm, team
with

triggers as (

    select * from {{ ref('fct_rebalancing_triggers') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

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
        loads.account_count,
        loads.arr_usd,
        loads.effort_hours,
        triggers.since_week_start_date

    from triggers
    inner join weeks on triggers.week_start_date = weeks.week_start_date
    inner join loads on triggers.csm_id = loads.csm_id and triggers.week_start_date = loads.week_start_date
    inner join csms on triggers.csm_id = csms.csm_id
    where
        weeks.is_latest
        and triggers.trigger = 'uncovered_book'
    order by loads.arr_usd desc, triggers.csm_id asc

)

select * from final
