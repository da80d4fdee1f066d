-- Question: Which accounts named a competitor in the last 30 days, evaluation or not?
-- Also: competitor named in the last 30 days
-- Filters: account, competitor, csm, segment, team
with

conversations as (

    select * from {{ ref('fct_account_conversations') }}

),

mentions as (

    select * from {{ ref('fct_competitor_mentions') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

last_mentions as (

    select
        mentions.account_id,
        max(mentions.started_at) as started_at

    from mentions
    group by mentions.account_id

),

named as (

    select
        mentions.account_id,
        mentions.competitor,
        mentions.started_at,
        bool_or(mentions.is_evaluation) as is_evaluation

    from mentions
    inner join last_mentions
        on
            mentions.account_id = last_mentions.account_id
            and mentions.started_at = last_mentions.started_at
    group by mentions.account_id, mentions.competitor, mentions.started_at

),

final as (

    select
        conversations.account_id,
        accounts.account_name,
        conversations.csm_id,
        accounts.arr_usd,
        named.competitor as last_competitor,
        cast(named.started_at as date) as last_named_on,
        named.is_evaluation,
        conversations.competitor_interaction_count_last_30_days,
        accounts.next_renewal_on

    from conversations
    inner join accounts on conversations.account_id = accounts.account_id
    -- an account has a row for each competitor of the last conversation that named one
    inner join named on conversations.account_id = named.account_id
    where conversations.competitor_interaction_count_last_30_days > 0
    order by
        conversations.competitor_interaction_count_last_30_days desc,
        accounts.arr_usd desc,
        conversations.account_id asc,
        named.competitor asc

)

select * from final
