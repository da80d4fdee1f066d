-- Question: Whom do we know at an account, and who has gone silent?
-- Also: contacts of a customer; stakeholders of an account; who is our champion; who are the decision makers
-- Also: engaged contacts
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
        stakeholders.contact_role,
        cast(stakeholders.last_seen_at as date) as last_seen_on,
        stakeholders.attended_meeting_count_last_90_days,
        stakeholders.is_silent

    from stakeholders
    inner join accounts on stakeholders.account_id = accounts.account_id
    where not stakeholders.has_left
    order by accounts.account_name asc, stakeholders.contact_role asc, stakeholders.contact_id asc

)

select * from final
