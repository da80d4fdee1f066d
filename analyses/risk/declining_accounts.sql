-- Question: Which accounts are declining in health?
-- Also: health is falling; accounts getting worse; unhealthy customers; whose health score drops
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
        accounts.signal_density,
        accounts.next_renewal_on

    from accounts
    where
        accounts.is_active
        and accounts.health_trajectory = 'declining'
    order by accounts.arr_usd desc, accounts.account_id asc

)

select * from final
