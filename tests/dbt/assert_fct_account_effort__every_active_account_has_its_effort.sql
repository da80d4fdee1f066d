-- Every active account has a row in every week, with a positive effort. Otherwise an account without a level or a
-- weight would drop out of its book, and the book would look lighter than it is.
with

account_effort as (

    select * from {{ ref('fct_account_effort') }}

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

measured_accounts as (

    select
        account_effort.week_start_date,
        count(*) as account_count

    from account_effort
    where account_effort.effort_hours > 0
    group by account_effort.week_start_date

),

final as (

    select
        active_accounts.week_start_date,
        measured_accounts.account_count,
        active_accounts.account_count as expected_account_count

    from active_accounts
    left join measured_accounts on active_accounts.week_start_date = measured_accounts.week_start_date
    where coalesce(measured_accounts.account_count, 0) != active_accounts.account_count

)

select * from final
