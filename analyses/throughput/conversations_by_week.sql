-- Question: How many conversations did each CSM hold over the last weeks, against their ceiling?
-- Also: throughput over time; history of meetings; calls week by week; trend of interactions
-- Filters: csm, team
-- Parameter: weeks, 1 to 520: complete weeks to look back
with

throughputs as (

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
        throughputs.csm_id,
        csms.csm_name,
        throughputs.week_start_date,
        throughputs.counted_interaction_count,
        throughputs.throughput_ceiling_count,
        throughputs.is_over_ceiling

    from throughputs
    inner join weeks on throughputs.week_start_date = weeks.week_start_date
    inner join csms on throughputs.csm_id = csms.csm_id
    where weeks.weeks_ago < {{ parameter('weeks', 13) }}
    order by csms.csm_name asc, throughputs.csm_id asc, throughputs.week_start_date asc

)

select * from final
