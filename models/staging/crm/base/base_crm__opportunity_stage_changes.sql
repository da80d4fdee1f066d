-- Grain: one row per row read from opportunity_stage_changes, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'opportunity_stage_changes',
    parents={'opportunity_id': ref('stg_crm__opportunities')},
    accepted_from={'stage': ref('pipeline_stages')}
) }}
