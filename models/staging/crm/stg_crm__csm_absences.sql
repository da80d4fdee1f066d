-- Grain: one row per csm_id and starts_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'csm_absences', ref('base_crm__csm_absences')) }}

),

final as (

    select
        csm_id,
        starts_on,
        ends_on,
        absent_fte,
        reason

    from accepted_rows

)

select * from final
