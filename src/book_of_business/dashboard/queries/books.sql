-- One row per CSM employed on the Sunday, and one for the accounts that nobody owns; by name.
-- Question: load_of_each_csm
with

latest as (

    select week_start_date from marts.dim_weeks
    where is_latest

),

final as (

    select
        csms.csm_id,
        csms.csm_name,
        csms.team,
        csms.motion,
        csms.is_unassigned,
        books.account_count,
        books.arr_usd,
        loads.effort_hours,
        loads.target_capacity_hours,
        loads.load_ratio,
        loads.consecutive_weeks_over_target,
        throughputs.counted_interaction_count,
        throughputs.throughput_ceiling_count,
        coalesce(loads.is_over_target, false) as is_over_target,
        coalesce(throughputs.is_over_ceiling, false) as is_over_ceiling

    from marts.dim_csms as csms
    cross join latest
    left join marts.fct_books as books
        on
            csms.csm_id = books.csm_id
            and latest.week_start_date = books.week_start_date
    left join marts.fct_csm_load as loads
        on
            csms.csm_id = loads.csm_id
            and latest.week_start_date = loads.week_start_date
    left join marts.fct_csm_throughput as throughputs
        on
            csms.csm_id = throughputs.csm_id
            and latest.week_start_date = throughputs.week_start_date
    where csms.is_employed or (csms.is_unassigned and books.account_count > 0)
    order by csms.is_unassigned asc, csms.csm_name asc, csms.csm_id asc

)

select * from final
