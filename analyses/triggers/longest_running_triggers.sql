-- Question: Which calls for a rebalancing have stood longest?
-- Also: triggers open the longest; long-standing triggers; oldest rebalancing triggers
-- Filters: csm
with

triggers as (

    select * from {{ ref('fct_rebalancing_triggers') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

runs as (

    select
        triggers.csm_id,
        triggers.trigger,
        triggers.since_week_start_date,
        count(*) as week_count,
        max(triggers.week_start_date) as last_week_start_date

    from triggers
    group by triggers.csm_id, triggers.trigger, triggers.since_week_start_date

),

final as (

    select
        runs.csm_id,
        csms.csm_name,
        runs.trigger,
        runs.since_week_start_date,
        runs.week_count

    from runs
    inner join weeks on runs.last_week_start_date = weeks.week_start_date
    inner join csms on runs.csm_id = csms.csm_id
    where weeks.is_latest
    order by runs.week_count desc, runs.csm_id asc, runs.trigger asc

)

select * from final
