-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: who could take on more, and who only looks so because they are new or away, is asked before a book is moved.
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

throughput as (

    select * from {{ ref('int_csm_weeks__throughput') }}

),

touches as (

    select * from {{ ref('int_books__touches') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

profiles as (

    select
        capacity.csm_id,
        capacity.week_start_date,
        capacity.fte,
        capacity.ramp_ratio,
        capacity.availability_ratio,
        capacity.target_capacity_hours,
        throughput.throughput_ceiling_count,
        touches.touch_ceiling_count,
        loads.effort_hours,
        loads.load_ratio,
        {{ day_number('capacity.week_start_date') }} as day_number,
        {{ days_between('csms.hired_on', days_after('capacity.week_start_date', 6)) }} as tenure_days,
        {{ days_after('csms.hired_on', 'ceil(role_tiers.ramp_days)') }} as ramp_completed_on

    from capacity
    inner join csms on capacity.csm_id = csms.csm_id
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    -- each has one row for each week of a CSM, and all that capacity has
    inner join throughput
        on capacity.csm_id = throughput.csm_id and capacity.week_start_date = throughput.week_start_date
    inner join touches on capacity.csm_id = touches.csm_id and capacity.week_start_date = touches.week_start_date
    inner join loads on capacity.csm_id = loads.csm_id and capacity.week_start_date = loads.week_start_date

),

trends as (

    select
        profiles.*,
        count(profiles.load_ratio) over trailing_window as load_count,
        avg(profiles.load_ratio) over trailing_window as mean_load_ratio_last_13_weeks,
        -- one week has no slope, and what engines give for it (NaN) would pass for a number
        case
            when count(profiles.load_ratio) over trailing_window > 1
                then 7 * regr_slope(profiles.load_ratio, profiles.day_number) over trailing_window
        end as load_trend_per_week

    from profiles
    window
        trailing_window as (
            partition by profiles.csm_id
            order by profiles.day_number
            {{ trailing_days_frame('7 * ' ~ threshold('slope_weeks')) }}
        )

),

final as (

    select
        trends.csm_id,
        trends.week_start_date,
        trends.tenure_days,
        trends.fte,
        trends.ramp_ratio,
        trends.ramp_completed_on <= {{ days_after('trends.week_start_date', 6) }} as is_ramp_complete,
        trends.ramp_completed_on,
        trends.availability_ratio,
        trends.target_capacity_hours,
        trends.throughput_ceiling_count,
        trends.touch_ceiling_count,
        trends.effort_hours,
        trends.load_ratio,
        trends.mean_load_ratio_last_13_weeks,
        -- rounded: a steady load has no trend, and sums of squares leave a remainder
        case
            when trends.load_count >= {{ threshold('slope_minimum_count') }}
                then {{ without_residue('trends.load_trend_per_week') }}
        end as load_trend_per_week,
        {{ threshold('target_load_ratio') }} * trends.target_capacity_hours - trends.effort_hours as room_hours

    from trends

)

select * from final
