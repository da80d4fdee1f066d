-- Grain: one row.
-- Why: weeks before the first change keep their rows, so that a week more costs a week.
{{ config(post_hook='{{ announce_rebuild() }}') }}
{{ rebuild_decision(
    ref('int_raw_weeks'), ref('int_clock'), ref('int_raw_coverage'), ref('int_raw_faults'), ref('int_raw_keys'), ref('stg_usage__product_weeks'),
    ref('stg_interactions__interaction_participants'), ref('stg_interactions__interactions'), ref('stg_crm__opportunities')
) }}
