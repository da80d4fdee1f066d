-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: how soon risk is noticed, always beside what is not noticed yet: either alone looks better than it is.
with

csm_weeks as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

counted as (

    select * from {{ ref('int_risk_groups__counted') }}

),

averaged as (

    select * from {{ ref('int_risk_groups__averaged') }}

),

observed as (

    select * from {{ ref('int_risk_signals__observed') }}

),

final as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        case when observed.is_detection_observed then coalesce(counted.detected_episode_count, 0) end
            as detected_episode_count,
        counted.mean_detection_days,
        case when observed.is_detection_observed then coalesce(counted.open_undetected_count, 0) end
            as open_undetected_count,
        counted.mean_open_age_days,
        {{ ratio('counted.within_window_count', 'counted.detected_episode_count') }} as within_window_ratio,
        case when observed.is_detection_observed then coalesce(counted.within_window_count, 0) end
            as within_window_count,
        case when observed.is_detection_observed then coalesce(counted.late_open_count, 0) end as late_open_count,
        averaged.restricted_mean_detection_days,
        case when observed.is_detection_observed then coalesce(counted.restricted_episode_count, 0) end
            as restricted_episode_count

    from csm_weeks
    cross join observed
    left join counted
        on
            observed.is_detection_observed
            and counted.scope = 'csm'
            and csm_weeks.csm_id = counted.group_name
            and csm_weeks.week_start_date = counted.week_start_date
    left join averaged
        on
            observed.is_detection_observed
            and averaged.scope = 'csm'
            and csm_weeks.csm_id = averaged.group_name
            and csm_weeks.week_start_date = averaged.week_start_date

)

select * from final
