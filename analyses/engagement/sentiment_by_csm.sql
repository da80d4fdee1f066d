-- Question: How do the customers of each CSM sound over the last quarter?
-- Also: sentiment per CSM; mood in each book; whose customers are unhappy
-- Filters: csm, team
with

engagements as (

    select * from {{ ref('fct_csm_engagement') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        engagements.csm_id,
        csms.csm_name,
        csms.team,
        engagements.sentiment_count_last_13_weeks,
        engagements.mean_sentiment_score_last_13_weeks,
        engagements.lower_sentiment_score_last_13_weeks,
        engagements.upper_sentiment_score_last_13_weeks,
        engagements.sentiment_slope

    from engagements
    inner join weeks on engagements.week_start_date = weeks.week_start_date
    inner join csms on engagements.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, engagements.csm_id asc

)

select * from final
