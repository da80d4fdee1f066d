-- The effort of all books (`unassigned` included) must be that of the active accounts. Otherwise moving an account
-- would make work appear or vanish, and no plan made from these numbers would balance.
with

loads as (

    select * from {{ ref('fct_csm_load') }}

),

account_effort as (

    select * from {{ ref('fct_account_effort') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

effort_of_books as (

    select
        loads.week_start_date,
        sum(loads.effort_hours) as effort_hours

    from loads
    group by loads.week_start_date

),

effort_of_accounts as (

    select
        account_effort.week_start_date,
        sum(account_effort.effort_hours) as effort_hours

    from account_effort
    group by account_effort.week_start_date

),

final as (

    select
        weeks.week_start_date,
        effort_of_books.effort_hours,
        effort_of_accounts.effort_hours as expected_effort_hours

    from weeks
    left join effort_of_books on weeks.week_start_date = effort_of_books.week_start_date
    left join effort_of_accounts on weeks.week_start_date = effort_of_accounts.week_start_date
    -- a week without an active account asks for nothing; a sum in another order differs by far less than a second
    where not coalesce(abs(effort_of_books.effort_hours - coalesce(effort_of_accounts.effort_hours, 0)) < 0.0001, false)

)

select * from final
