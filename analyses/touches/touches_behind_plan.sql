-- Question: Where are fewer touches held this quarter than were due by now?
-- Also: behind on touches; fewer touches than planned; cadence not kept this quarter
-- Filters: csm
with

plans as (

    select * from {{ ref('fct_touch_plan') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        plans.csm_id,
        csms.csm_name,
        plans.required_touch_count,
        plans.due_touch_count,
        plans.actual_touch_count,
        plans.actual_to_due_ratio,
        plans.verdict

    from plans
    inner join csms on plans.csm_id = csms.csm_id
    where plans.actual_to_due_ratio < 1
    order by plans.actual_to_due_ratio asc, plans.csm_id asc

)

select * from final
