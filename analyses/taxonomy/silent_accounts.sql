-- Question: Which accounts are silent in every channel, the largest first?
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
