-- Grain: one row per csm_id and surveyed_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'effort_surveys', ref('base_crm__effort_surveys')) }}

),

final as (

    select
        csm_id,
        surveyed_on,
        perceived_load

    from accepted_rows

)

select * from final
