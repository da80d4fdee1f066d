-- Question: Which accounts are silent in every channel, the largest first?
-- Also: accounts that have gone dark; accounts that went silent
-- Also: accounts without any signal; customers who went dark; no usage and no contact; dead accounts
-- Filters: account, csm, segment, team
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.segment,
        accounts.csm_id,
        accounts.arr_usd,
        accounts.lifecycle_stage,
        accounts.health_trajectory,
        accounts.next_renewal_on

    from accounts
    where accounts.signal_density = 'silent'
    order by accounts.arr_usd desc, accounts.account_id asc

)

select * from final
