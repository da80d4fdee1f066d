-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: the seven metrics side by side, since each alone can be had at the price of another.
{{ keeps_earlier_weeks('week_start_date') }}
with

loads as (

    select * from {{ ref('fct_csm_load') }}

),

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

engagement as (

    select * from {{ ref('fct_csm_engagement') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

outcomes as (

    select * from {{ ref('fct_csm_outcomes') }}

),

csm_weeks as (

    select
        csm_id,
        week_start_date
    from loads
    -- a trend looks back
    where csm_id != 'unassigned' and week_start_date >= {{ weeks_before_rebuild(threshold('slope_weeks')) }}

),

measured as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio,
        throughput.counted_interaction_count,
        throughput.throughput_ceiling_count,
        detection.detected_episode_count,
        detection.mean_detection_days,
        detection.within_window_count,
        detection.within_window_ratio,
        detection.open_undetected_count,
        detection.mean_open_age_days,
        engagement.interaction_count,
        engagement.sentiment_interaction_count,
        engagement.mean_sentiment_score,
        engagement.action_item_count,
        engagement.follow_up_density,
        engagement.scored_interaction_count,
        engagement.mean_quality_score,
        coverage.account_count,
        coverage.unmonitored_account_count,
        coverage.unmonitored_ratio,
        {{ qualified('outcomes', outcome_columns()) }}

    from csm_weeks
    {% for mart in ['loads', 'throughput', 'detection', 'engagement', 'coverage', 'outcomes'] %}
        left join {{ mart }}
            on csm_weeks.csm_id = {{ mart }}.csm_id and csm_weeks.week_start_date = {{ mart }}.week_start_date
    {% endfor %}

),

final as (

    {{ metric_trends('measured', ['csm_id']) }}
    where measured.week_start_date >= {{ rebuild_from() }}

)

select * from final
