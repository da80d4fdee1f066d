-- Question: Which risks has nobody picked up yet, the oldest first?
-- Also: risks nobody noticed; unseen risks; undetected risk; open risk without anybody acting; risks not picked up
-- Filters: account, csm, segment, team
with

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        episodes.account_id,
        accounts.account_name,
        accounts.csm_id,
        accounts.arr_usd,
        episodes.signal_type,
        episodes.signal_count,
        cast(episodes.emerged_at as date) as emerged_on,
        episodes.intervention_window_days,
        weeks.week_end_date - cast(episodes.emerged_at as date) as open_days

    from episodes
    inner join accounts on episodes.account_id = accounts.account_id
    -- one week is the latest: no row multiplies
    inner join weeks on weeks.is_latest
    where episodes.outcome = 'open'
    order by episodes.emerged_at asc, episodes.episode_id asc

)

select * from final
