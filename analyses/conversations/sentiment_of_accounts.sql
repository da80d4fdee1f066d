-- Question: How do accounts sound in conversations, the least happy first?
-- Also: sentiment by account; unhappy customers; mood of the customers; how happy is a customer; negative sentiment
-- Filters: account, csm, segment, team
with

talks as (

    select * from {{ ref('fct_account_conversations') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        talks.account_id,
        accounts.account_name,
        talks.csm_id,
        accounts.arr_usd,
        talks.mean_sentiment_score,
        talks.sentiment_slope,
        talks.interaction_count_last_13_weeks

    from talks
    inner join accounts on talks.account_id = accounts.account_id
    where talks.mean_sentiment_score is not null
    order by talks.mean_sentiment_score asc, talks.account_id asc

)

select * from final
