-- Question: Which competitors do customers speak of, and which do they evaluate?
-- Also: which competitor do customers mention most often
-- Also: which competitor comes up most; most frequent competitors; strongest rival; ranking of competitors
-- Filters: competitor
with

mentions as (

    select * from {{ ref('fct_competitor_mentions') }}

),

final as (

    select
        mentions.competitor,
        cast(max(mentions.started_at) as date) as last_mentioned_on,
        count(*) as interaction_count,
        count(distinct mentions.account_id) as account_count,
        count(distinct case when mentions.is_evaluation then mentions.account_id end) as evaluating_account_count

    from mentions
    group by mentions.competitor
    order by evaluating_account_count desc, account_count desc, mentions.competitor asc

)

select * from final
