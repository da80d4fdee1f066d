-- Grain: one row per account_id and entered_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'lifecycle_stage_changes', ref('base_crm__lifecycle_stage_changes')) }}

),

final as (

    select
        account_id,
        entered_on,
        lifecycle_stage

    from accepted_rows

)

select * from final
