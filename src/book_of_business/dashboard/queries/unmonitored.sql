-- One row per account that nobody has had a real conversation with lately, the largest first.
-- Question: unmonitored_accounts
select
    coverages.account_id,
    customers.account_name,
    coverages.csm_id,
    csms.csm_name,
    csms.team,
    csms.motion,
    customers.segment,
    customers.arr_usd,
    coverages.days_since_meaningful,
    coverages.allowed_gap_days,
    coverages.is_overdue,
    customers.next_renewal_on

from marts.fct_account_coverage as coverages
inner join marts.dim_accounts as customers on coverages.account_id = customers.account_id
left join marts.dim_csms as csms on coverages.csm_id = csms.csm_id
where coverages.is_unmonitored
order by customers.arr_usd desc nulls last, coverages.account_id asc
