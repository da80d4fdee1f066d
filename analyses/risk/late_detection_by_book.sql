-- Question: In which books is risk noticed late, or not at all?
-- Also: time to detection by CSM; who notices risks late; how fast are risks detected; mean time to risk detection
-- Filters: csm, team
with

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        detection.csm_id,
        csms.csm_name,
        detection.detected_episode_count,
        detection.within_window_count,
        detection.mean_detection_days,
        detection.open_undetected_count,
        detection.late_open_count,
        detection.mean_open_age_days,
        detection.restricted_mean_detection_days,
        detection.restricted_episode_count

    from detection
    inner join weeks on detection.week_start_date = weeks.week_start_date
    inner join csms on detection.csm_id = csms.csm_id
    where
        weeks.is_latest
        and (detection.late_open_count > 0 or detection.within_window_count < detection.detected_episode_count)
    order by detection.late_open_count desc, detection.mean_detection_days desc nulls last, detection.csm_id asc

)

select * from final
