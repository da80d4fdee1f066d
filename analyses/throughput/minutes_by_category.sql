-- Question: What did conversations take our time for last week, by team?
-- Also: how do we spend our time; time by category; share of internal work; administrative time
-- Filters: team
with

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        csms.team,
        count(*) as csm_count,
        sum(throughput.strategic_minutes) as strategic_minutes,
        sum(throughput.onboarding_minutes) as onboarding_minutes,
        sum(throughput.escalation_minutes) as escalation_minutes,
        sum(throughput.internal_advocacy_minutes) as internal_advocacy_minutes,
        sum(throughput.administrative_minutes) as administrative_minutes,
        sum(throughput.unclassified_minutes) as unclassified_minutes

    from throughput
    inner join weeks on throughput.week_start_date = weeks.week_start_date
    inner join csms on throughput.csm_id = csms.csm_id
    where weeks.is_latest
    group by csms.team
    order by csms.team asc nulls last

)

select * from final
