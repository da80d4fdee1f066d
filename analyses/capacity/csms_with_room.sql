-- Question: Which CSMs have room for more work, how much, and is their load rising?
-- Also: who has room for more accounts; who has spare capacity; who can take another account; who is underloaded
-- Also: free capacity; who could take over an account
-- Filters: csm, team
with

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
        capacity.csm_id,
        csms.csm_name,
        csms.team,
        capacity.effort_hours,
        capacity.target_capacity_hours,
        capacity.load_ratio,
        capacity.room_hours,
        capacity.load_trend_per_week

    from capacity
    inner join weeks on capacity.week_start_date = weeks.week_start_date
    inner join csms on capacity.csm_id = csms.csm_id
    where
        weeks.is_latest
        and csms.is_employed
        and capacity.room_hours > 0
    order by capacity.room_hours desc, capacity.csm_id asc

)

select * from final
