-- Minutes on accounts and minutes without one are all that a CSM logged in the week. Otherwise a join lost entries, and
-- weights would be learnt from what was left.
with

account_time as (

    select * from {{ ref('fct_account_logged_time') }}

),

csm_time as (

    select * from {{ ref('fct_csm_logged_time') }}

),

on_accounts as (

    select
        account_time.csm_id,
        account_time.week_start_date,
        sum(account_time.time_entry_minutes) as minutes

    from account_time
    where account_time.time_entry_count > 0
    group by account_time.csm_id, account_time.week_start_date

),

final as (

    select
        csm_time.logged_minutes,
        csm_time.ownerless_minutes,
        on_accounts.minutes as account_minutes,
        coalesce(csm_time.csm_id, on_accounts.csm_id) as csm_id,
        coalesce(csm_time.week_start_date, on_accounts.week_start_date) as week_start_date

    from csm_time
    full outer join on_accounts
        on csm_time.csm_id = on_accounts.csm_id and csm_time.week_start_date = on_accounts.week_start_date
    where
        csm_time.csm_id is null
        or abs(csm_time.logged_minutes - csm_time.ownerless_minutes - coalesce(on_accounts.minutes, 0)) >= 0.005

)

select * from final
