-- Grain: one row per csm_id hired by as_of_date or at work before it, and one for `unassigned`.
-- Why: who the books belong to, as of the last week; every book of every mart finds its row here.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

logged_time as (

    select * from {{ ref('fct_csm_logged_time') }}

),

capacity as (

    select * from {{ ref('fct_csm_capacity') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

latest_capacity as (

    select capacity.*
    from capacity
    inner join weeks on capacity.week_start_date = weeks.week_start_date
    where weeks.is_latest

),

owners as (

    select csms.csm_id
    from csms
    cross join clock
    where csms.hired_on <= clock.as_of_date
    union distinct
    -- who held a conversation or logged time before the first day
    select throughput.csm_id from throughput
    union distinct
    select logged_time.csm_id from logged_time
    union distinct
    select 'unassigned' as csm_id

),

final as (

    select
        owners.csm_id,
        coalesce(csms.csm_name, 'Unassigned') as csm_name,
        csms.role_tier,
        role_tiers.motion,
        csms.team,
        csms.region,
        csms.languages,
        csms.skills,
        csms.hired_on,
        -- a day after as_of_date is not yet known
        case when csms.left_on <= clock.as_of_date then csms.left_on end as left_on,
        coalesce(
            csms.hired_on <= clock.as_of_date and (csms.left_on is null or csms.left_on > clock.as_of_date), false
        ) as is_employed,
        case
            when csms.hired_on <= clock.as_of_date then {{ days_between('csms.hired_on', 'clock.as_of_date') }}
        end as tenure_days,
        coalesce(csms.productive_hours_per_week, role_tiers.productive_hours_per_week) as productive_hours_per_week,
        case when csms.csm_id is not null then coalesce(csms.fte, 1) end as fte,
        -- nobody who was not employed on any of the last week's days has a row there, and `unassigned` never has
        latest_capacity.ramp_ratio,
        latest_capacity.is_ramp_complete,
        latest_capacity.ramp_completed_on,
        latest_capacity.availability_ratio,
        latest_capacity.target_capacity_hours,
        latest_capacity.throughput_ceiling_count,
        latest_capacity.touch_ceiling_count,
        latest_capacity.load_ratio,
        latest_capacity.mean_load_ratio_last_13_weeks,
        latest_capacity.load_trend_per_week,
        latest_capacity.room_hours,
        csms.csm_id is null as is_unassigned,
        clock.as_of_date

    from owners
    left join csms on owners.csm_id = csms.csm_id
    left join role_tiers on csms.role_tier = role_tiers.role_tier
    -- one row for each CSM: there is one latest week
    left join latest_capacity on owners.csm_id = latest_capacity.csm_id
    cross join clock

)

select * from final
