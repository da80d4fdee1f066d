-- Question: How do the teams stand on load, coverage, sentiment and risk, against the week before?
-- Also: compare the teams; team scorecard; how are the teams doing; team overview
-- Filters: team
with

scorecards as (

    select * from {{ ref('fct_team_scorecard') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        scorecards.scope,
        scorecards.team,
        scorecards.load_ratio,
        scorecards.previous_load_ratio,
        scorecards.unmonitored_ratio,
        scorecards.previous_unmonitored_ratio,
        scorecards.mean_sentiment_score,
        scorecards.previous_mean_sentiment_score,
        scorecards.mean_detection_days,
        scorecards.previous_mean_detection_days,
        scorecards.open_undetected_count

    from scorecards
    inner join weeks on scorecards.week_start_date = weeks.week_start_date
    where
        weeks.is_latest
        and scorecards.scope != 'unassigned'
    order by scorecards.scope asc, scorecards.load_ratio desc nulls last, scorecards.team asc

)

select * from final
