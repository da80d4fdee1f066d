-- Question: Which customers left before anybody had noticed the risk?
-- Also: churn that nobody saw coming; surprise churn; lost without warning; customers lost before we noticed
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
        accounts.segment,
        episodes.csm_id,
        episodes.signal_type,
        episodes.signal_count,
        cast(episodes.emerged_at as date) as emerged_on,
        accounts.churned_on,
        accounts.churned_on - cast(episodes.emerged_at as date) as warning_days

    from episodes
    inner join accounts on episodes.account_id = accounts.account_id
    where episodes.outcome = 'churned'
    order by accounts.churned_on desc, episodes.episode_id asc

)

select * from final
