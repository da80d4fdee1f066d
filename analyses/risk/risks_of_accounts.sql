-- Question: Which risks have come up lately, and what became of them?
-- Also: risks of an account; recent risk episodes; what went wrong at a customer; which accounts are at risk
-- Also: risks of the last weeks
-- Filters: account, csm, segment, team
-- Parameter: days, 1 to 3650: days to look back
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
        episodes.csm_id,
        accounts.arr_usd,
        episodes.signal_type,
        cast(episodes.emerged_at as date) as emerged_on,
        episodes.outcome,
        episodes.detection_days,
        episodes.is_within_window

    from episodes
    inner join accounts on episodes.account_id = accounts.account_id
    where episodes.emerged_at >= episodes.as_of_date - {{ parameter('days', 91) }}
    order by episodes.emerged_at desc, episodes.episode_id asc

)

select * from final
