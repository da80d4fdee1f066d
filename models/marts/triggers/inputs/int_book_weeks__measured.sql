-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: what sets off a rebalancing stands in seven marts; here it is side by side, each number still read from its own.
{{ keeps_earlier_weeks('week_start_date') }}
with

loads as (

    select * from {{ ref('fct_csm_load') }}
    where week_start_date >= {{ rebuild_from() }}

),

books as (

    select * from {{ ref('fct_books') }}

),

touches as (

    select * from {{ ref('int_books__touches') }}

),

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

capacity as (

    select * from {{ ref('fct_csm_capacity') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

final as (

    select
        loads.csm_id,
        loads.week_start_date,
        loads.account_count,
        loads.arr_usd,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio,
        loads.consecutive_weeks_over_target,
        loads.is_uncovered,
        capacity.room_hours,
        throughput.counted_interaction_count,
        throughput.throughput_ceiling_count,
        throughput.consecutive_weeks_over_ceiling,
        touches.required_touch_count,
        touches.touch_ceiling_count,
        books.peak_renewal_share,
        books.red_account_count,
        books.risk_stacking_threshold_count,
        coverage.unmonitored_ratio,
        coverage.expected_unmonitored_count,
        detection.detected_episode_count,
        detection.late_open_count,
        role_tiers.ramp_days,
        detection.detected_episode_count
        - detection.within_window_count
        + detection.late_open_count as late_episode_count,
        coalesce(csms.left_on > {{ days_after('loads.week_start_date', 6) }}, true) as is_still_employed,
        {{ days_between('clock.first_week_start_date', days_after('loads.week_start_date', 7)) }} as observed_days,
        {{ days_between('csms.hired_on', days_after('loads.week_start_date', 6)) }} as tenure_days

    from loads
    -- each of these has one row per book and week, and one person one tier: no join multiplies rows
    inner join books on loads.csm_id = books.csm_id and loads.week_start_date = books.week_start_date
    inner join coverage on loads.csm_id = coverage.csm_id and loads.week_start_date = coverage.week_start_date
    left join touches on loads.csm_id = touches.csm_id and loads.week_start_date = touches.week_start_date
    left join throughput on loads.csm_id = throughput.csm_id and loads.week_start_date = throughput.week_start_date
    left join detection on loads.csm_id = detection.csm_id and loads.week_start_date = detection.week_start_date
    left join capacity on loads.csm_id = capacity.csm_id and loads.week_start_date = capacity.week_start_date
    cross join clock
    left join csms on loads.csm_id = csms.csm_id
    left join role_tiers on csms.role_tier = role_tiers.role_tier

)

select * from final
