-- Grain: one row per scorecard and week_start_date in which it judged a conversation.
-- Why: 60 on one scorecard may be 80 on another: each is read against its own mean and spread.
with

interactions as (

    select * from {{ ref('int_interactions__engaged') }}

),

-- Sums of squares of the scores themselves would lose the digits that a small spread has.
deviations as (

    select
        interactions.scorecard,
        interactions.week_start_date,
        avg(interactions.quality_score) over (partition by interactions.scorecard) as centre_score,
        interactions.quality_score
        - avg(interactions.quality_score) over (partition by interactions.scorecard) as deviation_score

    from interactions
    where interactions.quality_score is not null

),

sums as (

    select
        deviations.scorecard,
        deviations.week_start_date,
        {{ week_number('deviations.week_start_date') }} as week_number,
        min(deviations.centre_score) as centre_score,
        count(*) as score_count,
        sum(deviations.deviation_score) as deviation_sum,
        sum(deviations.deviation_score * deviations.deviation_score) as square_sum

    from deviations
    group by deviations.scorecard, deviations.week_start_date

),

trailing_sums as (

    select
        sums.scorecard,
        sums.week_start_date,
        sums.centre_score,
        sum(sums.score_count) over trailing_window as score_count,
        sum(sums.deviation_sum) over trailing_window as deviation_sum,
        sum(sums.square_sum) over trailing_window as square_sum

    from sums
    window
        trailing_window as (
            partition by sums.scorecard
            order by sums.week_number
            {{ trailing_days_frame(threshold('standardisation_weeks')) }}
        )

),

final as (

    select
        trailing_sums.scorecard,
        trailing_sums.week_start_date,
        cast(trailing_sums.score_count as bigint) as score_count,
        trailing_sums.centre_score + trailing_sums.deviation_sum / trailing_sums.score_count as mean_quality_score,
        {{ standard_deviation('trailing_sums.score_count', 'trailing_sums.deviation_sum', 'trailing_sums.square_sum') }}
            as quality_deviation_score

    from trailing_sums

)

select * from final
