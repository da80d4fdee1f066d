-- Question: Which accounts are owed a conversation by their cadence, the largest first?
-- Also: accounts overdue for a conversation; which customer should we call next; cadence missed
-- Also: accounts past their cadence; who is due for a check-in
-- Filters: account, csm, segment, team
with

coverage as (

    select * from {{ ref('fct_account_coverage') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        coverage.account_id,
        accounts.account_name,
        accounts.segment,
        coverage.csm_id,
        accounts.arr_usd,
        coverage.days_since_meaningful,
        coverage.allowed_gap_days,
        accounts.next_renewal_on

    from coverage
    inner join accounts on coverage.account_id = accounts.account_id
    where coverage.is_overdue
    order by accounts.arr_usd desc, coverage.account_id asc

)

select * from final
