-- Question: Which accounts renew soon?
-- Also: what renews; accounts that renew
-- Also: renewals coming up; contracts that end; what renews next; renewals due; which contracts expire
-- Filters: account, csm, segment, team
-- Parameter: days, 1 to 1000: days ahead
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

coverages as (

    select * from {{ ref('fct_account_coverage') }}

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.segment,
        accounts.arr_usd,
        accounts.next_renewal_on,
        accounts.health_trajectory,
        coverages.days_since_meaningful

    from accounts
    left join coverages on accounts.account_id = coverages.account_id
    where
        accounts.is_active
        and accounts.next_renewal_on between accounts.as_of_date and accounts.as_of_date + {{ parameter('days', 91) }}
    order by accounts.next_renewal_on asc, accounts.account_id asc

)

select * from final
