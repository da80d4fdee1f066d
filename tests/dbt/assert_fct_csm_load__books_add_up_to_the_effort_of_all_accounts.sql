-- In the latest week each book (`unassigned` included) has as many accounts as fct_account_effort has rows of it, each
-- with a positive effort, and its hours are theirs. Otherwise an account without a level or a weight would drop out of
-- its book, one would stand in it twice, or moving an account would make work appear or vanish. The latest week is the
-- end of all that was added and taken off before; all weeks would be a row for each account and week.
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

effort_of_accounts as (

    select
        account_effort.csm_id,
        account_effort.week_start_date,
        count(*) as row_count,
        count(case when account_effort.effort_hours > 0 then 1 end) as account_count,
        sum(account_effort.effort_hours) as effort_hours

    from account_effort
    inner join weeks on account_effort.week_start_date = weeks.week_start_date and weeks.is_latest
    group by account_effort.csm_id, account_effort.week_start_date

),

effort_of_books as (

    select
        loads.csm_id,
        loads.account_count,
        loads.effort_hours

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date and weeks.is_latest

),

final as (

    select
        effort_of_accounts.effort_hours as expected_effort_hours,
        effort_of_books.effort_hours,
        coalesce(effort_of_books.csm_id, effort_of_accounts.csm_id) as csm_id

    from effort_of_books
    full outer join effort_of_accounts on effort_of_books.csm_id = effort_of_accounts.csm_id
    where
        coalesce(effort_of_books.account_count, 0) != coalesce(effort_of_accounts.account_count, 0)
        or coalesce(effort_of_accounts.row_count, 0) != coalesce(effort_of_accounts.account_count, 0)
        -- a book without an account asks for nothing; a sum in another order differs by far less than a second
        or not coalesce(
            abs(coalesce(effort_of_books.effort_hours, 0) - coalesce(effort_of_accounts.effort_hours, 0)) < 0.0001,
            false
        )

)

select * from final
