-- A week without risks would otherwise be left out, and a trend jump over it.
with

detection as (

    select * from {{ ref('fct_csm_risk_detection') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

final as (

    select
        loads.csm_id,
        loads.week_start_date
    from loads
    left join detection on loads.csm_id = detection.csm_id and loads.week_start_date = detection.week_start_date
    where loads.csm_id != 'unassigned' and detection.csm_id is null

)

select * from final
