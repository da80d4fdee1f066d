-- Grain: one row per csm_id hired by as_of_date.
-- Why: who the books belong to, as of the last week.
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

final as (

    select
        csms.csm_id,
        csms.csm_name,
        csms.role_tier,
        role_tiers.motion,
        csms.team,
        csms.region,
        csms.languages,
        csms.skills,
        csms.hired_on,
        -- a day after as_of_date is not yet known
        case when csms.left_on <= clock.as_of_date then csms.left_on end as left_on,
        csms.left_on is null or csms.left_on > clock.as_of_date as is_employed,
        {{ days_between('csms.hired_on', 'clock.as_of_date') }} as tenure_days,
        coalesce(csms.productive_hours_per_week, role_tiers.productive_hours_per_week) as productive_hours_per_week,
        coalesce(csms.fte, 1) as fte,
        -- who was employed on none of the last week's days has no row there, and nulls here
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
        latest_capacity.room_hours

    from csms
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    -- one row for each CSM: there is one latest week
    left join latest_capacity on csms.csm_id = latest_capacity.csm_id
    cross join clock
    where csms.hired_on <= clock.as_of_date

)

select * from final
