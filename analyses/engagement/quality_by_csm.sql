-- Question: How good are the conversations of each CSM over the last quarter, and how sure are we?
-- Also: quality of conversations per CSM; who holds the best calls; engagement quality; call scores
-- Filters: csm, team
with

engagements as (

    select * from {{ ref('fct_csm_engagement') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        engagements.csm_id,
        csms.csm_name,
        csms.team,
        engagements.quality_count_last_13_weeks,
        engagements.mean_quality_score_last_13_weeks,
        engagements.lower_quality_score_last_13_weeks,
        engagements.upper_quality_score_last_13_weeks,
        engagements.is_quality_rankable

    from engagements
    inner join weeks on engagements.week_start_date = weeks.week_start_date
    inner join csms on engagements.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, engagements.csm_id asc

)

select * from final
