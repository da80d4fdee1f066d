-- Question: How well does each CSM retain and expand their customers?
-- Also: NRR per CSM; net revenue retention by person; gross retention by book; GRR; renewal rate
-- Filters: csm, team
with

outcomes as (

    select * from {{ ref('fct_csm_outcomes') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        outcomes.csm_id,
        csms.csm_name,
        csms.team,
        outcomes.opening_arr_usd,
        outcomes.net_retention_ratio,
        outcomes.gross_retention_ratio,
        outcomes.opening_account_count,
        outcomes.logo_retention_ratio,
        outcomes.expansion_ratio

    from outcomes
    inner join weeks on outcomes.week_start_date = weeks.week_start_date
    inner join csms on outcomes.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, outcomes.csm_id asc

)

select * from final
