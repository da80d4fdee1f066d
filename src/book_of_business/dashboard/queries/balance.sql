-- One row per motion and axis of balance in the latest week.
-- Question: least_even_axes
select
    balances.motion,
    balances.axis,
    balances.book_count,
    balances.gini_index,
    balances.max_to_median_ratio,
    balances.median_value,
    balances.highest_value,
    balances.highest_csm_id,
    csms.csm_name as highest_csm_name

from marts.fct_team_balance as balances
inner join marts.dim_weeks as weeks on balances.week_start_date = weeks.week_start_date
left join marts.dim_csms as csms on balances.highest_csm_id = csms.csm_id
where weeks.is_latest
order by balances.motion asc, balances.axis asc
