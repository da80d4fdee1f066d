-- The book that has needed more than its capacity for longest.
-- Question: books_over_capacity
select
    csms.csm_name,
    loads.csm_id,
    loads.load_ratio,
    loads.consecutive_weeks_over_target

from marts.fct_csm_load as loads
inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date
inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
where
    weeks.is_latest
    and loads.is_over_target
order by loads.consecutive_weeks_over_target desc, loads.csm_id asc
limit 1
