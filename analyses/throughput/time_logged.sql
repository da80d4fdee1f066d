-- Question: How much time did each CSM log over the last weeks?
-- Also: how many hours did each CSM log; time entries per CSM; logged time; timesheets; hours worked
-- Filters: csm, team
-- Parameter: weeks, 1 to 520: complete weeks to look back
with

logs as (

    select * from {{ ref('fct_csm_logged_time') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        logs.csm_id,
        csms.csm_name,
        sum(logs.time_entry_count) as time_entry_count,
        sum(logs.logged_minutes) as logged_minutes,
        sum(logs.ownerless_minutes) as ownerless_minutes

    from logs
    inner join weeks on logs.week_start_date = weeks.week_start_date
    inner join csms on logs.csm_id = csms.csm_id
    where weeks.weeks_ago < {{ parameter('weeks', 13) }}
    group by logs.csm_id, csms.csm_name
    order by csms.csm_name asc, logs.csm_id asc

)

select * from final
