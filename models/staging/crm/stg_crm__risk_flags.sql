-- Grain: one row per risk_flag_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'risk_flags', ref('base_crm__risk_flags')) }}

),

final as (

    select
        risk_flag_id,
        account_id,
        csm_id,
        raised_at,
        resolved_at,
        reason

    from accepted_rows

)

select * from final
