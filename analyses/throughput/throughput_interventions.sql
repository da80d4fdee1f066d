-- Question: Who has been given more strategic conversations than one person can sustain, for weeks in a row?
-- Also: too many conversations for weeks
-- Also: too many meetings for weeks; over the throughput ceiling; who has too many calls; who needs an intervention
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
        throughput.escalation_count,
        throughput.escalation_minutes

    from throughput
    inner join weeks on throughput.week_start_date = weeks.week_start_date
    inner join csms on throughput.csm_id = csms.csm_id
    where
        weeks.is_latest
        and throughput.is_intervention
    order by throughput.consecutive_weeks_over_ceiling desc, throughput.csm_id asc

)

select * from final
