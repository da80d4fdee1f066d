-- Question: Which accounts are in a book, with their ARR, stage, health and renewal?
-- Also: list the accounts of a CSM; who owns an account; which customers does somebody look after
-- Also: show me the portfolio; tell me about an account
-- Filters: account, csm, segment, team
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
        accounts.arr_usd,
        accounts.lifecycle_stage,
        accounts.health_trajectory,
        accounts.complexity_tier,
        accounts.next_renewal_on

    from accounts
    where accounts.is_active
    order by accounts.csm_id asc, accounts.account_name asc, accounts.account_id asc

)

select * from final
