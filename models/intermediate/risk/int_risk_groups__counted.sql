-- Grain: one row per scope, group_name and week_start_date with episodes that still say something.
-- Why: the mean of what was found flatters whoever finds little: what is still open stands beside it.
with

followed as (

    select * from {{ ref('int_risk_episodes__followed') }}

),

final as (

    select
        followed.scope,
        followed.group_name,
        followed.week_start_date,
        count(case when followed.is_newly_detected then 1 end) as detected_episode_count,
        avg(case when followed.is_newly_detected then followed.detection_days end) as mean_detection_days,
        count(case when followed.is_newly_detected and followed.is_within_window then 1 end) as within_window_count,
        count(case when followed.is_open then 1 end) as open_undetected_count,
        avg(case when followed.is_open then followed.age_days end) as mean_open_age_days,
        count(
            case
                when followed.is_open and {{ comparable('followed.age_days') }} > followed.intervention_window_days
                    then 1
            end
        ) as late_open_count,
        count(case when followed.is_recent then 1 end) as restricted_episode_count

    from followed
    group by followed.scope, followed.group_name, followed.week_start_date

)

select * from final
