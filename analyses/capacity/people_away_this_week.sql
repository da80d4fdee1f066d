-- Question: Who is away this week, and for how much of it?
-- Also: who is on leave; who is on holiday; absences of the week; who is out of office
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
        loads.availability_ratio,
        loads.account_count,
        loads.arr_usd

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    inner join csms on loads.csm_id = csms.csm_id
    where
        weeks.is_latest
        and loads.availability_ratio < 1
    order by loads.availability_ratio asc, csms.csm_name asc, loads.csm_id asc

)

select * from final
