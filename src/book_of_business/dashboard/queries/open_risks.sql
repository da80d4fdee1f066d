-- One row per risk that nobody has noticed yet, the oldest first.
-- Question: open_undetected_risks
select
    episodes.account_id,
    customers.account_name,
    episodes.csm_id,
    csms.csm_name,
    csms.team,
    csms.motion,
    customers.arr_usd,
    episodes.signal_type,
    episodes.signal_count,
    episodes.intervention_window_days,
    cast(episodes.emerged_at as date) as emerged_on,
    date_diff('day', cast(episodes.emerged_at as date), episodes.as_of_date) as open_days

from marts.fct_risk_episodes as episodes
inner join marts.dim_accounts as customers on episodes.account_id = customers.account_id
left join marts.dim_csms as csms on episodes.csm_id = csms.csm_id
where episodes.outcome = 'open'
order by episodes.emerged_at asc, episodes.episode_id asc
