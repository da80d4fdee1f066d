-- Question: How many conversations that count did each CSM hold this week, against their ceiling?
-- Also: calls held per CSM; throughput of each person; number of meetings this week; interactions against the ceiling
-- Filters: csm, team
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
        csms.team,
        throughputs.counted_interaction_count,
        throughputs.throughput_ceiling_count,
        throughputs.is_over_ceiling,
        throughputs.consecutive_weeks_over_ceiling

    from throughputs
    inner join weeks on throughputs.week_start_date = weeks.week_start_date
    inner join csms on throughputs.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, throughputs.csm_id asc

)

select * from final
