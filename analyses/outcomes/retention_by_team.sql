-- Question: How do teams retain and expand their customers, and what do those answer?
-- Also: NRR by team; GRR of the teams; net retention and satisfaction of each team; team NPS
-- Filters: team
with

outcomes as (

    select * from {{ ref('fct_team_outcomes') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        outcomes.scope,
        outcomes.team,
        outcomes.opening_arr_usd,
        outcomes.net_retention_ratio,
        outcomes.gross_retention_ratio,
        outcomes.logo_retention_ratio,
        outcomes.expansion_ratio,
        outcomes.csat_response_count,
        outcomes.mean_csat_score,
        outcomes.nps_response_count,
        outcomes.net_promoter_score

    from outcomes
    inner join weeks on outcomes.week_start_date = weeks.week_start_date
    where weeks.is_latest
    order by outcomes.scope asc, outcomes.net_retention_ratio asc nulls last, outcomes.team asc

)

select * from final
