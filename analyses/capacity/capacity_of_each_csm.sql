-- Question: How many hours can each CSM give this week, after ramp and leave?
-- Also: capacity hours per person; how much capacity do we have; available hours; ramp and leave of the team
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
        loads.productive_hours_per_week,
        loads.fte,
        loads.ramp_ratio,
        loads.availability_ratio,
        loads.target_capacity_hours

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    inner join csms on loads.csm_id = csms.csm_id
    where
        weeks.is_latest
        and not csms.is_unassigned
    order by csms.csm_name asc, loads.csm_id asc

)

select * from final
