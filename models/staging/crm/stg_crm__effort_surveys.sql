-- Grain: one row per csm_id and surveyed_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__effort_surveys') }}

),

final as (

    select
        csm_id,
        surveyed_on,
        perceived_load

    from checked_rows
    where is_accepted

)

select * from final
