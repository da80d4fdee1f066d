-- Question: What do the customers of each CSM answer to satisfaction surveys?
-- Also: CSAT per CSM; NPS by person; net promoter score; customer satisfaction; survey results
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
        outcomes.csat_response_count,
        outcomes.mean_csat_score,
        outcomes.csat_satisfied_ratio,
        outcomes.nps_response_count,
        outcomes.net_promoter_score

    from outcomes
    inner join weeks on outcomes.week_start_date = weeks.week_start_date
    inner join csms on outcomes.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, outcomes.csm_id asc

)

select * from final
