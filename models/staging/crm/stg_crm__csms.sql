-- Grain: one row per csm_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'csms', ref('base_crm__csms')) }}

),

final as (

    select
        csm_id,
        csm_name,
        role_tier,
        team,
        region,
        languages,
        skills,
        hired_on,
        left_on,
        productive_hours_per_week,
        fte

    from accepted_rows

)

select * from final
