-- Accounts without a meaningful conversation, their ARR, and how many of them are past their cadence.
-- Question: unmonitored_accounts
select
    count(*) as account_count,
    count(*) filter (where coverages.is_unmonitored) as unmonitored_count,
    sum(customers.arr_usd) filter (where coverages.is_unmonitored) as unmonitored_arr_usd,
    sum(customers.arr_usd) as arr_usd,
    count(*) filter (where coverages.is_overdue) as overdue_count,
    count(coverages.is_unmonitored) as observed_count

from marts.fct_account_coverage as coverages
inner join marts.dim_accounts as customers on coverages.account_id = customers.account_id
