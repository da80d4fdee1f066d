-- Grain: one row per risk_flag_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__risk_flags') }}

),

final as (

    select
        risk_flag_id,
        account_id,
        csm_id,
        raised_at,
        resolved_at,
        reason

    from checked_rows
    where is_accepted

)

select * from final
