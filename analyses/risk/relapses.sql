-- Question: Which accounts are at risk again after somebody had noticed it once?
-- Also: risk came back; recurring risks; relapsed accounts; again in trouble
-- Filters: account, csm, segment, team
with

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        episodes.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        cast(max(episodes.emerged_at) as date) as last_emerged_on,
        count(*) as relapse_count,
        count(case when episodes.outcome = 'open' then 1 end) as open_relapse_count

    from episodes
    inner join accounts on episodes.account_id = accounts.account_id
    where
        episodes.is_relapse
        and accounts.is_active
    group by episodes.account_id, accounts.account_name, accounts.csm_id, accounts.arr_usd
    order by open_relapse_count desc, relapse_count desc, accounts.arr_usd desc, episodes.account_id asc

)

select * from final
