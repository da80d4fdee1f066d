-- What is in a book in the latest week was in it in its baseline week, and each book of the week has a drift. Otherwise
-- an account came in between, and overload that somebody assigned would be called silent.
with

drift as (

    select * from {{ ref('fct_book_drift') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

current_accounts as (

    select
        owned.account_id,
        owned.csm_id,
        drift.baseline_week_start_date

    from owned
    inner join weeks
        on owned.from_week <= weeks.week_start_date and owned.to_week > weeks.week_start_date and weeks.is_latest
    inner join drift on owned.csm_id = drift.csm_id and weeks.week_start_date = drift.week_start_date

),

came_later as (

    select
        current_accounts.csm_id,
        current_accounts.baseline_week_start_date as week_start_date

    from current_accounts
    left join owned
        on
            current_accounts.account_id = owned.account_id
            and current_accounts.csm_id = owned.csm_id
            and current_accounts.baseline_week_start_date >= owned.from_week
            and current_accounts.baseline_week_start_date < owned.to_week
    where owned.account_id is null

),

missing as (

    select
        loads.csm_id,
        loads.week_start_date

    from loads
    left join drift on loads.csm_id = drift.csm_id and loads.week_start_date = drift.week_start_date
    where loads.csm_id != 'unassigned' and drift.csm_id is null

),

final as (

    select
        csm_id,
        week_start_date
    from came_later
    union all
    select
        csm_id,
        week_start_date
    from missing

)

select * from final
