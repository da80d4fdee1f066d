-- Accounts that came into a book in the last four weeks, won or handed over.
-- Question: arrivals_and_departures
select
    sum(drifts.arrived_account_count) as arrived_count,
    sum(drifts.departed_account_count) as departed_count

from marts.fct_book_drift as drifts
inner join marts.dim_weeks as weeks on drifts.week_start_date = weeks.week_start_date
where weeks.weeks_ago < 4
