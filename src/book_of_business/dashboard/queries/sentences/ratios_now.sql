-- Accounts and ARR per CSM, which is how books are usually sized.
-- Question: books_of_the_week
select
    count(*) as book_count,
    sum(books.account_count) as account_count,
    sum(books.arr_usd) as arr_usd,
    min(books.account_count) as fewest_count,
    max(books.account_count) as most_count,
    count(*) filter (where books.account_band in ('above', 'below')) as outside_account_count,
    count(*) filter (where books.arr_band in ('above', 'below')) as outside_arr_count

from marts.fct_books as books
inner join marts.dim_weeks as weeks on books.week_start_date = weeks.week_start_date
inner join marts.dim_csms as csms on books.csm_id = csms.csm_id
where
    weeks.is_latest
    and not csms.is_unassigned
