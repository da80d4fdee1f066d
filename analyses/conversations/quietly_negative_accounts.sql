-- Question: Which accounts look healthy by use and score, and sound unhappy in conversations?
-- Also: healthy score but unhappy in calls; green accounts that sound negative; hidden unhappiness
-- Also: dashboards are green but customers complain
-- Filters: account, csm, segment, team
with

conversations as (

    select * from {{ ref('fct_account_conversations') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        conversations.account_id,
        accounts.account_name,
        conversations.csm_id,
        accounts.arr_usd,
        conversations.mean_sentiment_score,
        conversations.sentiment_slope,
        conversations.interaction_count_last_13_weeks,
        accounts.next_renewal_on

    from conversations
    inner join accounts on conversations.account_id = accounts.account_id
    where conversations.is_quietly_negative
    order by accounts.arr_usd desc, conversations.account_id asc

)

select * from final
