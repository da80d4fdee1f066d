-- One row per CSM and week of the last 26: the seven metrics, and the lines that they are compared with.
-- Question: scorecard_of_each_csm
with

margin as (

    select value as margin_ratio from reference.thresholds
    where threshold = 'unmonitored_margin_ratio'

),

final as (

    select
        scores.csm_id,
        scores.week_start_date,
        weeks.weeks_ago,
        scores.load_ratio,
        scores.counted_interaction_count,
        scores.throughput_ceiling_count,
        scores.mean_detection_days,
        scores.open_undetected_count,
        scores.mean_sentiment_score,
        scores.follow_up_density,
        scores.unmonitored_ratio,
        scores.mean_quality_score,
        coverages.expected_unmonitored_count / nullif(coverages.account_count, 0)
        + margin.margin_ratio as unmonitored_limit_ratio

    from marts.fct_csm_scorecard as scores
    inner join marts.dim_weeks as weeks on scores.week_start_date = weeks.week_start_date
    cross join margin
    left join marts.fct_csm_coverage as coverages
        on
            scores.csm_id = coverages.csm_id
            and scores.week_start_date = coverages.week_start_date
    where weeks.weeks_ago < 26
    order by scores.csm_id asc, scores.week_start_date asc

)

select * from final
