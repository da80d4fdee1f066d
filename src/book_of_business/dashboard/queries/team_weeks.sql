-- One row per team and week of the last 26, and one for the organisation: work beside what customers do.
-- Question: teams_against_last_week
select
    scores.scope,
    scores.team,
    scores.week_start_date,
    weeks.weeks_ago,
    scores.load_ratio,
    scores.effort_hours,
    scores.target_capacity_hours,
    scores.counted_interaction_count,
    scores.mean_detection_days,
    scores.open_undetected_count,
    scores.mean_sentiment_score,
    scores.follow_up_density,
    scores.unmonitored_ratio,
    scores.mean_quality_score,
    scores.net_retention_ratio,
    scores.gross_retention_ratio,
    scores.opening_arr_usd,
    scores.mean_csat_score,
    scores.csat_response_count,
    scores.net_promoter_score,
    scores.nps_response_count

from marts.fct_team_scorecard as scores
inner join marts.dim_weeks as weeks on scores.week_start_date = weeks.week_start_date
where weeks.weeks_ago < 26
order by scores.scope asc, scores.team asc, scores.week_start_date asc
