-- Question: Which accounts mentioned a competitor evaluation in the last 30 days?
-- Also: accounts that evaluate a competitor; who is testing another vendor; trials of a rival
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

evaluations as (

    select
        mentions.account_id,
        mentions.started_at,
        mentions.competitor

    from mentions
    where mentions.is_evaluation
    group by mentions.account_id, mentions.started_at, mentions.competitor

),

final as (

    select
        conversations.account_id,
        accounts.account_name,
        conversations.csm_id,
        accounts.arr_usd,
        evaluations.competitor as last_competitor,
        cast(conversations.last_competitor_evaluation_at as date) as last_evaluation_on,
        conversations.competitor_evaluation_count_last_30_days,
        accounts.next_renewal_on

    from conversations
    inner join accounts on conversations.account_id = accounts.account_id
    -- an account has a row for each competitor of its last such conversation
    inner join evaluations
        on
            conversations.account_id = evaluations.account_id
            and conversations.last_competitor_evaluation_at = evaluations.started_at
    where conversations.competitor_evaluation_count_last_30_days > 0
    order by conversations.last_competitor_evaluation_at desc, conversations.account_id asc, evaluations.competitor asc

)

select * from final
