-- Question: Which accounts talked about a competitor lately?
-- Also: competitor mentions; who spoke about another vendor; accounts that named a rival
-- Also: where do competitors come up; which customers mention a competitor
-- Filters: account, competitor, csm, segment, team
-- Parameter: days, 1 to 3650: days to look back
with

mentions as (

    select * from {{ ref('fct_competitor_mentions') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        mentions.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        mentions.competitor,
        accounts.next_renewal_on,
        cast(max(mentions.started_at) as date) as last_named_on,
        count(*) as conversation_count,
        bool_or(mentions.is_evaluation) as is_evaluation

    from mentions
    inner join accounts on mentions.account_id = accounts.account_id
    where mentions.started_at >= accounts.as_of_date - {{ parameter('days', 30) }} + 1
    group by
        mentions.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        mentions.competitor,
        accounts.next_renewal_on
    order by last_named_on desc, mentions.account_id asc, mentions.competitor asc

)

select * from final
