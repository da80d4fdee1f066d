-- Question: Whose throughput has crept up without the weeks in a row that would call for an intervention?
-- Also: slow drift; CUSUM alarm; throughput creeping up
-- Filters: csm, team
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
        throughput.csm_id,
        csms.csm_name,
        csms.team,
        throughput.counted_interaction_count,
        throughput.throughput_ceiling_count,
        throughput.consecutive_weeks_over_ceiling,
        throughput.cusum_score

    from throughput
    inner join weeks on throughput.week_start_date = weeks.week_start_date
    inner join csms on throughput.csm_id = csms.csm_id
    where
        weeks.is_latest
        and throughput.is_cusum_alarm
        and not throughput.is_intervention
    order by throughput.cusum_score desc, throughput.csm_id asc

)

select * from final
