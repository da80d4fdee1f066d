-- Question: Which accounts changed their stage, complexity, health, potential or signal density last week?
-- Also: which accounts changed their stage; changes of the taxonomy; what changed in the accounts last week
-- Filters: account, csm, segment, team
with

changes as (

    select * from {{ ref('fct_account_taxonomy_changes') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        changes.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        changes.attribute,
        changes.previous_value,
        changes.new_value

    from changes
    inner join weeks on changes.week_start_date = weeks.week_start_date
    inner join accounts on changes.account_id = accounts.account_id
    where
        weeks.is_latest
        and changes.previous_value is not null
    order by accounts.arr_usd desc, changes.account_id asc, changes.attribute asc

)

select * from final
