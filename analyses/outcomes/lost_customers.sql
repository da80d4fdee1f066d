-- Question: Which customers have we lost lately?
-- Also: which customers did we lose; churn
-- Also: churned accounts; customers who left; lost accounts; who cancelled; churn of the last weeks
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
        accounts.churned_on

    from accounts
    where accounts.churned_on between accounts.as_of_date - {{ parameter('days', 91) }} + 1 and accounts.as_of_date
    order by accounts.churned_on desc, accounts.account_id asc

)

select * from final
