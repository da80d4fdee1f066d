-- Question: Whose ramp is over while their book still leaves room to absorb accounts?
-- Also: new hires who can take more accounts; ramp finished and still room
-- Filters: csm, team
with

triggers as (

    select * from {{ ref('fct_rebalancing_triggers') }}

),

capacity as (

    select * from {{ ref('fct_csm_capacity') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        triggers.csm_id,
        csms.csm_name,
        csms.team,
        capacity.ramp_completed_on,
        triggers.value as load_ratio,
        triggers.threshold as threshold_load_ratio,
        capacity.room_hours,
        triggers.since_week_start_date

    from triggers
    inner join weeks on triggers.week_start_date = weeks.week_start_date
    inner join csms on triggers.csm_id = csms.csm_id
    inner join capacity on triggers.csm_id = capacity.csm_id and triggers.week_start_date = capacity.week_start_date
    where
        weeks.is_latest
        and triggers.trigger = 'ramp_complete'
    order by capacity.room_hours desc, triggers.csm_id asc

)

select * from final
