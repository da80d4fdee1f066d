-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: unmonitored accounts beside what a fully compliant book would show, so that cadence is not read as neglect.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

account_weeks as (

    select * from {{ ref('int_account_weeks__coverage') }}

),

coverage_per_book as (

    select
        account_weeks.csm_id,
        account_weeks.week_start_date,
        count(case when account_weeks.is_unmonitored then 1 end) as unmonitored_account_count,
        sum(account_weeks.expected_unmonitored_ratio) as expected_unmonitored_count,
        count(case when account_weeks.is_overdue then 1 end) as overdue_account_count

    from account_weeks
    group by account_weeks.csm_id, account_weeks.week_start_date

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        -- an empty book has none of them
        coalesce(coverage_per_book.unmonitored_account_count, 0) as unmonitored_account_count,
        {{ ratio('coverage_per_book.unmonitored_account_count', 'books.account_count') }} as unmonitored_ratio,
        coalesce(coverage_per_book.expected_unmonitored_count, 0) as expected_unmonitored_count,
        coalesce(coverage_per_book.overdue_account_count, 0) as overdue_account_count

    from books
    left join coverage_per_book
        on
            books.csm_id = coverage_per_book.csm_id
            and books.week_start_date = coverage_per_book.week_start_date

)

select * from final
