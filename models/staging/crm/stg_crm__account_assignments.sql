-- Grain: one row per account_id and assigned_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'account_assignments', ref('base_crm__account_assignments')) }}

),

final as (

    select
        account_id,
        assigned_on,
        csm_id,
        unassigned_on

    from accepted_rows

)

select * from final
