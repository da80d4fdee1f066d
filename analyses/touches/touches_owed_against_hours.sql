-- Question: Which books owe more touches than their hours or the touch ceiling allow?
-- Also: touch plan against hours; can the touches be done; more touches than time
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
        plans.touch_ceiling_count,
        plans.is_over_touch_ceiling,
        plans.required_hours_per_week,
        plans.highest_productive_hours,
        plans.verdict

    from plans
    inner join csms on plans.csm_id = csms.csm_id
    where plans.verdict = 'over' or plans.is_over_touch_ceiling
    order by plans.required_hours_per_week desc, plans.csm_id asc

)

select * from final
