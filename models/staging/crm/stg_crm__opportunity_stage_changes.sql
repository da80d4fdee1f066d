-- Grain: one row per opportunity_id and entered_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__opportunity_stage_changes') }}

),

final as (

    select
        opportunity_id,
        entered_on,
        stage

    from checked_rows
    where is_accepted

)

select * from final
