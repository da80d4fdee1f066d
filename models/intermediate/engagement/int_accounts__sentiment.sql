-- Grain: one row per account_id that is active on as_of_date.
-- Why: how an account sounds and where that is going, robust against one bad call.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

scored as (

    select
        interactions.account_id,
        interactions.sentiment_score,
        {{ week_start('interactions.started_on') }} as week_start_date,
        interactions.started_on > {{ days_after('clock.as_of_date', '-' ~ threshold('conversation_days')) }}
            as is_recent

    from interactions
    cross join clock
    where interactions.account_id is not null and interactions.sentiment_score is not null

),

means as (

    select
        scored.account_id,
        avg(scored.sentiment_score) as mean_sentiment_score,
        count(*) as sentiment_count

    from scored
    where scored.is_recent
    group by scored.account_id

),

weekly_means as (

    select
        scored.account_id,
        {{ week_number('scored.week_start_date') }} as week_number,
        avg(scored.sentiment_score) as mean_sentiment_score

    from scored
    cross join clock
    where
        {{ week_number('scored.week_start_date') }}
        > {{ week_number('clock.latest_week_start_date') }} - {{ threshold('slope_weeks') }}
    group by scored.account_id, scored.week_start_date

),

-- Theil-Sen: the median of the slopes between all pairs of weeks. Each account has a quarter of weeks at most, so the
-- pairs of an account are few, and they are grouped back at once.
slopes as (

    select
        later_means.account_id,
        count(distinct earlier_means.week_number) + 1 as week_count,
        median(
            (later_means.mean_sentiment_score - earlier_means.mean_sentiment_score)
            / (later_means.week_number - earlier_means.week_number)
        ) as sentiment_slope

    from weekly_means as later_means
    inner join weekly_means as earlier_means
        on
            later_means.account_id = earlier_means.account_id
            and later_means.week_number > earlier_means.week_number
    group by later_means.account_id

),

final as (

    select
        owned.account_id,
        owned.csm_id,
        active.segment,
        coalesce(means.sentiment_count, 0) as sentiment_count,
        case
            when means.sentiment_count >= {{ threshold('conversation_minimum_count') }} then means.mean_sentiment_score
        end as mean_sentiment_score,
        case
            when slopes.week_count >= {{ threshold('slope_minimum_count') }} then slopes.sentiment_slope
        end as sentiment_slope

    from owned
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date
    inner join active on owned.account_id = active.account_id
    left join means on owned.account_id = means.account_id
    left join slopes on owned.account_id = slopes.account_id

)

select * from final
