-- Question: Which customers have we won lately?
-- Also: new logos; new customers; accounts that started; who signed recently
-- Filters: account, csm, segment, team
-- Parameter: days, 1 to 3650: days to look back
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.segment,
        accounts.customer_since

    from accounts
    where accounts.customer_since between accounts.as_of_date - {{ parameter('days', 91) }} + 1 and accounts.as_of_date
    order by accounts.customer_since desc, accounts.account_id asc

)

select * from final
