-- Grain: one row per account_id and entered_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__lifecycle_stage_changes') }}

),

final as (

    select
        account_id,
        entered_on,
        lifecycle_stage

    from checked_rows
    where is_accepted

)

select * from final
