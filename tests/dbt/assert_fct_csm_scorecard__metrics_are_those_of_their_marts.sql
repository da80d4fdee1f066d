-- The scorecard shows each metric as its mart does, for every week in which a CSM is employed and no other, and
-- never for `unassigned`. Otherwise two dashboards would tell two loads.
with

scorecard as (

    select * from {{ ref('fct_csm_scorecard') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

engagement as (

    select * from {{ ref('fct_csm_engagement') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

published as (

    select
        loads.csm_id,
        loads.week_start_date,
        loads.load_ratio,
        throughput.counted_interaction_count,
        throughput.throughput_ceiling_count,
        engagement.mean_sentiment_score,
        engagement.follow_up_density,
        engagement.mean_quality_score

    from loads
    left join throughput
        on loads.csm_id = throughput.csm_id and loads.week_start_date = throughput.week_start_date
    left join engagement
        on loads.csm_id = engagement.csm_id and loads.week_start_date = engagement.week_start_date
    where loads.csm_id != 'unassigned'

),

final as (

    select
        coalesce(published.csm_id, scorecard.csm_id) as csm_id,
        coalesce(published.week_start_date, scorecard.week_start_date) as week_start_date

    from published
    left join coverage
        on published.csm_id = coverage.csm_id and published.week_start_date = coverage.week_start_date
    left join detection
        on published.csm_id = detection.csm_id and published.week_start_date = detection.week_start_date
    full outer join scorecard
        on published.csm_id = scorecard.csm_id and published.week_start_date = scorecard.week_start_date
    where
        scorecard.csm_id is null
        or published.csm_id is null
        or scorecard.load_ratio is distinct from published.load_ratio
        or scorecard.counted_interaction_count is distinct from published.counted_interaction_count
        or scorecard.throughput_ceiling_count is distinct from published.throughput_ceiling_count
        or scorecard.mean_sentiment_score is distinct from published.mean_sentiment_score
        or scorecard.follow_up_density is distinct from published.follow_up_density
        or scorecard.mean_quality_score is distinct from published.mean_quality_score
        or scorecard.unmonitored_ratio is distinct from coverage.unmonitored_ratio
        or scorecard.mean_detection_days is distinct from detection.mean_detection_days

)

select * from final
