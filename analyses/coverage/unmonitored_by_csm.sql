-- Question: Which share of each book has had no real conversation lately?
-- Also: unmonitored ratio per CSM; who leaves accounts unattended; coverage of each book
-- Also: how many accounts are unmonitored by CSM
-- Filters: csm, team
with

coverages as (

    select * from {{ ref('fct_csm_coverage') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        coverages.csm_id,
        csms.csm_name,
        csms.team,
        coverages.account_count,
        coverages.unmonitored_account_count,
        coverages.expected_unmonitored_count,
        coverages.unmonitored_ratio

    from coverages
    inner join weeks on coverages.week_start_date = weeks.week_start_date
    inner join csms on coverages.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, coverages.csm_id asc

)

select * from final
