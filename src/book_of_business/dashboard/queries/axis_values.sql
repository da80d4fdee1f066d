-- One row per book of the latest week: its value on each axis of balance (accounts and ARR per full-time equivalent).
-- Question: books_of_the_week
select
    books.csm_id,
    csms.csm_name,
    csms.motion,
    books.red_arr_share,
    books.peak_renewal_share,
    books.account_count / nullif(csms.fte, 0) as account_count,
    books.arr_usd / nullif(csms.fte, 0) as arr_usd,
    books.onboarding_account_count / nullif(books.account_count, 0) as onboarding_share

from marts.fct_books as books
inner join marts.dim_weeks as weeks on books.week_start_date = weeks.week_start_date
inner join marts.dim_csms as csms on books.csm_id = csms.csm_id
where
    weeks.is_latest
    and not csms.is_unassigned
order by books.csm_id asc
