-- Question: At which accounts has a champion left or a new one come lately?
-- Also: where did a champion leave; accounts that lost their champion
-- Also: champion left; our sponsor has gone; new champion at an account; change of the main contact
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
        stakeholders.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        stakeholders.contact_id,
        stakeholders.added_on,
        stakeholders.left_on,
        stakeholders.is_engaged

    from stakeholders
    inner join accounts on stakeholders.account_id = accounts.account_id
    where stakeholders.is_champion_change
    order by accounts.arr_usd desc, stakeholders.account_id asc, stakeholders.contact_id asc

)

select * from final
