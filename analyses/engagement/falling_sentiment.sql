-- Question: In which books is sentiment falling, and on how much revenue does that rest?
-- Also: sentiment is dropping; mood gets worse; where do customers become less happy
-- Filters: csm
with

sentiment as (

    select * from {{ ref('fct_book_sentiment') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        sentiment.csm_id,
        csms.csm_name,
        sentiment.account_count,
        sentiment.slope_account_count,
        sentiment.mean_sentiment_slope,
        sentiment.arr_usd,
        sentiment.slope_arr_usd,
        sentiment.arr_weighted_sentiment_slope,
        sentiment.mean_sentiment_score

    from sentiment
    inner join csms on sentiment.csm_id = csms.csm_id
    where
        not csms.is_unassigned
        and (sentiment.mean_sentiment_slope < 0 or sentiment.arr_weighted_sentiment_slope < 0)
    order by sentiment.arr_weighted_sentiment_slope asc nulls last, sentiment.csm_id asc

)

select * from final
