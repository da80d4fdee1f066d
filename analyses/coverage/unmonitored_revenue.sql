-- Question: How much revenue has nobody really spoken to lately, by segment?
-- Also: ARR without contact; how much revenue is unattended; revenue in unmonitored accounts by segment
-- Filters: segment
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
        -- null where no interaction is on file: of no account it is known whether anybody spoke to it
        sum(case when coverage.is_unmonitored then 1 when not coverage.is_unmonitored then 0 end)
            as unmonitored_account_count,
        sum(accounts.arr_usd) as arr_usd,
        -- else a segment without such an account is observed to have no such revenue
        sum(case when coverage.is_unmonitored then accounts.arr_usd when not coverage.is_unmonitored then 0 end)
            as unmonitored_arr_usd,
        sum(case when coverage.is_overdue then accounts.arr_usd when not coverage.is_overdue then 0 end)
            as overdue_arr_usd

    from coverage
    inner join accounts on coverage.account_id = accounts.account_id
    group by accounts.segment
    order by unmonitored_arr_usd desc nulls last, accounts.segment asc

)

select * from final
