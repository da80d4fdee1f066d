-- Question: Which champions have fallen silent, and for how long?
-- Also: champions who no longer attend; which champion went quiet; contact has disappeared
-- Also: who stopped coming to meetings
-- Filters: account, csm, segment, team
with

stakeholders as (

    select * from {{ ref('fct_stakeholder_engagement') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        stakeholders.contact_id,
        stakeholders.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        stakeholders.missed_meeting_count,
        stakeholders.unseen_days,
        accounts.next_renewal_on

    from stakeholders
    inner join accounts on stakeholders.account_id = accounts.account_id
    where
        stakeholders.contact_role = 'champion'
        and stakeholders.is_silent
    order by stakeholders.unseen_days desc, stakeholders.contact_id asc

)

select * from final
