-- Grain: one row per account_id and week_start_date from which its sentiment level may be another.
-- Why: an unhappy customer takes longer than a happy one; fewer than a few conversations say nothing.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

scored as (

    select
        interactions.account_id,
        interactions.started_on,
        interactions.sentiment_score

    from interactions
    where interactions.account_id is not null and interactions.sentiment_score is not null

),

-- The mean can change only where a conversation enters the trailing window or leaves it.
measured_weeks as (

    select
        account_id,
        from_week as week_start_date
    from active
    union distinct
    select
        account_id,
        {{ week_start('started_on') }} as week_start_date
    from scored
    union distinct
    select
        account_id,
        {{ week_start(days_after('started_on', threshold('conversation_days'))) }} as week_start_date
    from scored

),

points as (

    select
        scored.account_id,
        {{ day_number('scored.started_on') }} as day_number,
        scored.sentiment_score,
        null as week_start_date

    from scored

    union all

    select
        measured_weeks.account_id,
        {{ day_number(days_after('measured_weeks.week_start_date', 6)) }} as day_number,
        null as sentiment_score,
        measured_weeks.week_start_date

    from measured_weeks

),

means as (

    select
        points.account_id,
        points.week_start_date,
        count(points.sentiment_score) over trailing_window as scored_count,
        avg(points.sentiment_score) over trailing_window as mean_sentiment_score

    from points
    window
        trailing_window as (
            partition by points.account_id
            order by points.day_number
            {{ trailing_days_frame(threshold('conversation_days')) }}
        )

),

final as (

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

)

select * from final
