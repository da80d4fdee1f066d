-- Question: How loaded is each CSM this week?
-- Also: what is the load of every CSM; how busy is everybody; workload per person; utilisation of the team
-- Also: how full are the books
-- Filters: csm, team
with

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
        loads.csm_id,
        csms.csm_name,
        csms.team,
        loads.account_count,
        loads.arr_usd,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    inner join csms on loads.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, loads.csm_id asc

)

select * from final
