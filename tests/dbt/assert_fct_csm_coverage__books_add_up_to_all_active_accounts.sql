-- Books (`unassigned` included) must add up to all active accounts, and in the latest week their unmonitored and
-- overdue accounts to those of the account list. Otherwise the accounts nobody speaks to could be the ones that
-- nobody counts.
with

books as (

    select * from {{ ref('fct_csm_coverage') }}

),

account_coverage as (

    select * from {{ ref('fct_account_coverage') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

active_accounts as (

    select
        weeks.week_start_date,
        count(accounts.account_id) as account_count

    from weeks
    left join accounts
        on
            weeks.week_end_date >= accounts.customer_since
            and (accounts.churned_on is null or weeks.week_end_date < accounts.churned_on)
    group by weeks.week_start_date

),

all_books as (

    select
        books.week_start_date,
        sum(books.account_count) as account_count,
        sum(books.unmonitored_account_count) as unmonitored_account_count,
        sum(books.overdue_account_count) as overdue_account_count

    from books
    group by books.week_start_date

),

listed_accounts as (

    select
        count(*) as account_count,
        -- both are null for all accounts where no interaction is on file, and in no account else
        case
            when count(*) = 0 or count(account_coverage.is_unmonitored) = count(*)
                then count(case when account_coverage.is_unmonitored then 1 end)
        end as unmonitored_account_count,
        case
            when count(*) = 0 or count(account_coverage.is_overdue) = count(*)
                then count(case when account_coverage.is_overdue then 1 end)
        end as overdue_account_count

    from account_coverage

),

final as (

    select
        active_accounts.week_start_date,
        active_accounts.account_count as expected_account_count,
        all_books.account_count,
        all_books.unmonitored_account_count,
        all_books.overdue_account_count

    from active_accounts
    inner join weeks on active_accounts.week_start_date = weeks.week_start_date
    left join all_books on active_accounts.week_start_date = all_books.week_start_date
    cross join listed_accounts
    where
        all_books.account_count is distinct from active_accounts.account_count
        or (
            weeks.is_latest
            and (
                all_books.account_count is distinct from listed_accounts.account_count
                or all_books.unmonitored_account_count is distinct from listed_accounts.unmonitored_account_count
                or all_books.overdue_account_count is distinct from listed_accounts.overdue_account_count
            )
        )

)

select * from final
