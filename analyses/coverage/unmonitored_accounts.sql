-- Question: With which accounts has nobody had a real conversation for some time?
-- Also: unmonitored accounts; accounts nobody has spoken to; neglected customers; untouched accounts
-- Also: who have we not talked to; customers without contact; accounts we ignore
-- Filters: account, csm, segment, team
-- Parameter: days, 1 to 3650: days without a meaningful conversation
with

coverages as (

    select * from {{ ref('fct_account_coverage') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        coverages.account_id,
        accounts.account_name,
        coverages.csm_id,
        accounts.segment,
        accounts.arr_usd,
        coverages.days_since_meaningful,
        coverages.last_meaningful_at,
        accounts.next_renewal_on

    from coverages
    inner join accounts on coverages.account_id = accounts.account_id
    where
        coverages.is_unmonitored is not null
        and (
            coverages.days_since_meaningful > {{ parameter('days', 30) }}
            or coverages.last_meaningful_at is null
        )
    order by accounts.arr_usd desc, coverages.account_id asc

)

select * from final
