-- Question: What does the scorecard of each CSM say this week?
-- Also: seven metrics of a CSM; how is somebody doing; overview of a CSM; weekly figures of a person
-- Also: summary of the week
-- Filters: csm, team
with

scores as (

    select * from {{ ref('fct_csm_scorecard') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        scores.csm_id,
        csms.csm_name,
        csms.team,
        scores.load_ratio,
        scores.counted_interaction_count,
        scores.throughput_ceiling_count,
        scores.mean_detection_days,
        scores.open_undetected_count,
        scores.mean_sentiment_score,
        scores.follow_up_density,
        scores.unmonitored_ratio,
        scores.mean_quality_score

    from scores
    inner join weeks on scores.week_start_date = weeks.week_start_date
    inner join csms on scores.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, scores.csm_id asc

)

select * from final
