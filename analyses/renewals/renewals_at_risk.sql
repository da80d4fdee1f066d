-- Question: Which accounts that renew soon have an open risk?
-- Also: endangered renewals; renewals at risk; which renewals could we lose; revenue at risk next quarter
-- Filters: account, csm, segment, team
-- Parameter: days, 1 to 1000: days ahead
with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        accounts.next_renewal_on,
        cast(min(episodes.emerged_at) as date) as oldest_risk_on,
        count(*) as open_risk_count,
        string_agg(distinct episodes.signal_type, ', ' order by episodes.signal_type) as signal_types

    from accounts
    inner join episodes on accounts.account_id = episodes.account_id
    where
        episodes.outcome = 'open'
        and accounts.is_active
        and accounts.next_renewal_on between accounts.as_of_date and accounts.as_of_date + {{ parameter('days', 91) }}
    group by
        accounts.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        accounts.next_renewal_on
    order by accounts.next_renewal_on asc, accounts.account_id asc

)

select * from final
