-- Question: Which accounts bring the most ARR?
-- Also: biggest customers; top accounts by revenue; most valuable accounts; where is the most money
-- Filters: csm, segment, team
-- Parameter: count, 1 to 100000: accounts to show
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
        accounts.health_trajectory,
        accounts.next_renewal_on

    from accounts
    where accounts.is_active
    order by accounts.arr_usd desc, accounts.account_id asc
    limit {{ parameter('count', 20) }}

)

select * from final
