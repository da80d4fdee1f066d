-- Question: Whose conversations are better than their scorecard's average by more than chance?
-- Also: whose calls are best practice; who can coach others; who runs great meetings
-- Filters: csm, team
with

engagement as (

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
        engagement.csm_id,
        csms.csm_name,
        csms.team,
        engagement.standardised_quality_count_last_13_weeks,
        engagement.mean_standardised_quality_score_last_13_weeks,
        engagement.lower_standardised_quality_score_last_13_weeks,
        engagement.upper_standardised_quality_score_last_13_weeks

    from engagement
    inner join weeks on engagement.week_start_date = weeks.week_start_date
    inner join csms on engagement.csm_id = csms.csm_id
    where
        weeks.is_latest
        and engagement.is_quality_rankable
        and engagement.lower_standardised_quality_score_last_13_weeks > 0
    order by engagement.lower_standardised_quality_score_last_13_weeks desc, engagement.csm_id asc

)

select * from final
