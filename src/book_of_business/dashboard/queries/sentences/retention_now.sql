-- Net, gross and logo retention over a year, now and four weeks ago.
-- Question: retention_by_team
select
    max(outcomes.net_retention_ratio) filter (where weeks.weeks_ago = 0) as net_ratio,
    max(outcomes.net_retention_ratio) filter (where weeks.weeks_ago = 4) as earlier_net_ratio,
    max(outcomes.gross_retention_ratio) filter (where weeks.weeks_ago = 0) as gross_ratio,
    max(outcomes.logo_retention_ratio) filter (where weeks.weeks_ago = 0) as logo_ratio

from marts.fct_team_outcomes as outcomes
inner join marts.dim_weeks as weeks on outcomes.week_start_date = weeks.week_start_date
where outcomes.scope = 'organisation'
