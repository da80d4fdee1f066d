-- Question: Which books ask for more than their capacity, and for how many weeks?
-- Also: who has too much on their plate; who works too much; whose workload is not sustainable
-- Also: who is overloaded; which CSMs are over capacity; who has too much work; who is drowning; who is above 100%
-- Also: overworked people; who is at risk of burning out
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
        loads.account_count,
        loads.arr_usd,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio,
        loads.consecutive_weeks_over_target

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    inner join csms on loads.csm_id = csms.csm_id
    where
        weeks.is_latest
        and loads.is_over_target
    order by loads.load_ratio desc, loads.csm_id asc

)

select * from final
