-- One row per book and trigger of the latest week: what, since when, what to do, and whom it affects.
-- Question: triggers_of_the_week
with

before as (

    select
        triggers.csm_id,
        triggers.trigger

    from marts.fct_rebalancing_triggers as triggers
    inner join marts.dim_weeks as weeks on triggers.week_start_date = weeks.week_start_date
    where weeks.weeks_ago = 1

),

final as (

    select
        triggers.csm_id,
        csms.csm_name,
        csms.team,
        csms.motion,
        triggers.trigger,
        triggers.since_week_start_date,
        triggers.reason,
        books.account_count,
        books.arr_usd,
        before.trigger is null as is_new

    from marts.fct_rebalancing_triggers as triggers
    inner join marts.dim_weeks as weeks on triggers.week_start_date = weeks.week_start_date
    left join marts.dim_csms as csms on triggers.csm_id = csms.csm_id
    left join marts.fct_books as books
        on
            triggers.csm_id = books.csm_id
            and triggers.week_start_date = books.week_start_date
    left join before
        on
            triggers.csm_id = before.csm_id
            and triggers.trigger = before.trigger
    where weeks.is_latest
    order by csms.csm_name asc nulls last, triggers.csm_id asc, triggers.trigger asc

)

select * from final
