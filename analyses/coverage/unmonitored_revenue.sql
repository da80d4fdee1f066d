-- Question: How much revenue has nobody really spoken to lately, by segment?
with

coverage as (

    select * from {{ ref('fct_account_coverage') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        accounts.segment,
        count(*) as account_count,
        count(case when coverage.is_unmonitored then 1 end) as unmonitored_account_count,
        sum(accounts.arr_usd) as arr_usd,
        -- a segment without such an account is observed to have no such revenue
        coalesce(sum(case when coverage.is_unmonitored then accounts.arr_usd end), 0) as unmonitored_arr_usd,
        coalesce(sum(case when coverage.is_overdue then accounts.arr_usd end), 0) as overdue_arr_usd

    from coverage
    inner join accounts on coverage.account_id = accounts.account_id
    group by accounts.segment
    order by unmonitored_arr_usd desc, accounts.segment asc

)

select * from final
