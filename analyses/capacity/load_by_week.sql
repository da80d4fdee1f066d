-- Question: How did the load of each CSM develop over the last weeks?
-- Also: load over time; history of the workload; trend of utilisation week by week; is the load rising or falling
-- Filters: csm, team
-- Parameter: weeks, 1 to 520: complete weeks to look back
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
        loads.week_start_date,
        loads.account_count,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    inner join csms on loads.csm_id = csms.csm_id
    where weeks.weeks_ago < {{ parameter('weeks', 13) }}
    order by csms.csm_name asc, loads.csm_id asc, loads.week_start_date asc

)

select * from final
