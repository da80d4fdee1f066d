-- Question: How loaded do CSMs feel, beside the load that we measure?
-- Also: perceived workload; how stressed do people feel; what do people say about their workload; effort survey
-- Filters: csm
with

surveys as (

    select * from {{ ref('fct_csm_perceived_load') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

latest_surveys as (

    select
        surveys.csm_id,
        max(surveys.surveyed_on) as surveyed_on

    from surveys
    group by surveys.csm_id

),

final as (

    select
        surveys.csm_id,
        csms.csm_name,
        surveys.surveyed_on,
        surveys.perceived_load_score,
        surveys.load_ratio

    from surveys
    inner join latest_surveys
        on
            surveys.csm_id = latest_surveys.csm_id
            and surveys.surveyed_on = latest_surveys.surveyed_on
    inner join csms on surveys.csm_id = csms.csm_id
    where csms.is_employed
    order by surveys.perceived_load_score desc, surveys.load_ratio asc, surveys.csm_id asc

)

select * from final
