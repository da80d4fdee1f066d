-- One row per trigger that stood the week before and no longer does.
-- Question: longest_running_triggers
with

now_standing as (

    select
        triggers.csm_id,
        triggers.trigger

    from marts.fct_rebalancing_triggers as triggers
    inner join marts.dim_weeks as weeks on triggers.week_start_date = weeks.week_start_date
    where weeks.is_latest

),

final as (

    select
        triggers.csm_id,
        csms.csm_name,
        csms.team,
        csms.motion,
        triggers.trigger,
        triggers.since_week_start_date

    from marts.fct_rebalancing_triggers as triggers
    inner join marts.dim_weeks as weeks on triggers.week_start_date = weeks.week_start_date
    left join marts.dim_csms as csms on triggers.csm_id = csms.csm_id
    left join now_standing
        on
            triggers.csm_id = now_standing.csm_id
            and triggers.trigger = now_standing.trigger
    where
        weeks.weeks_ago = 1
        and now_standing.csm_id is null
    order by csms.csm_name asc nulls last, triggers.csm_id asc, triggers.trigger asc

)

select * from final
