-- Question: How are active accounts and their ARR spread over complexity and signal density?
-- Also: how complex are our accounts; accounts by complexity; distribution of complexity and signals
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        accounts.complexity_tier,
        accounts.signal_density,
        count(*) as account_count,
        sum(accounts.arr_usd) as arr_usd

    from accounts
    where accounts.is_active
    group by accounts.complexity_tier, accounts.signal_density
    order by accounts.complexity_tier asc, accounts.signal_density asc

)

select * from final
