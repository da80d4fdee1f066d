-- Grain: one row per opportunity_id and entered_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'opportunity_stage_changes', ref('base_crm__opportunity_stage_changes')) }}

),

final as (

    select
        opportunity_id,
        entered_on,
        stage

    from accepted_rows

)

select * from final
