-- Risks noticed in the last 30 days, how long that took, and risks that nobody has noticed, now and four weeks ago.
-- Question: late_detection_by_book
select
    max(scores.detected_episode_count) filter (where weeks.weeks_ago = 0) as detected_count,
    max(scores.mean_detection_days) filter (where weeks.weeks_ago = 0) as mean_days,
    max(scores.mean_detection_days) filter (where weeks.weeks_ago = 4) as earlier_mean_days,
    max(scores.open_undetected_count) filter (where weeks.weeks_ago = 0) as open_count,
    max(scores.open_undetected_count) filter (where weeks.weeks_ago = 4) as earlier_open_count

from marts.fct_team_scorecard as scores
inner join marts.dim_weeks as weeks on scores.week_start_date = weeks.week_start_date
where scores.scope = 'organisation'
