-- Grain: one row per account_id and week_start_date from which its sentiment level is another.
-- Why: an unhappy customer takes longer than a happy one; fewer than a few conversations say nothing.
{{ keeps_earlier_weeks('week_start_date') }}
with

active as (

    select * from {{ ref('int_accounts__active') }}
    where from_week >= {{ rebuild_from() }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

scores as (

    select
        interactions.account_id,
        interactions.started_on as dated_on,
        interactions.sentiment_score as score

    from interactions
    where
        interactions.account_id is not null
        and interactions.sentiment_score is not null
        and interactions.started_on >= {{ days_before_rebuild(threshold('conversation_days')) }}

),

points as (

    {{ trailing_scores('scores', 'active', threshold('conversation_days')) }}

),

means as (

    select
        points.account_id,
        points.week_start_date,
        count(points.score) over trailing_window as scored_count,
        avg(points.score) over trailing_window as mean_sentiment_score

    from points
    window
        trailing_window as (
            partition by points.account_id
            order by points.day_number
            {{ trailing_days_frame(threshold('conversation_days')) }}
        )

),

measured as (

    select
        means.account_id,
        means.week_start_date,
        case
            when means.scored_count >= {{ threshold('conversation_minimum_count') }} and levels.level is not null
                then levels.level
            else 'unknown'
        end as level

    from means
    left join levels on {{ is_level_of('levels', 'sentiment', 'means.mean_sentiment_score') }}
    where means.week_start_date is not null

),

final as (

    {{ changes_only('measured', keeps_earlier_weeks=true) }}

)

select * from final
