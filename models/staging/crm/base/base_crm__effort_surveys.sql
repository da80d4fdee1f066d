-- Grain: one row per row read from effort_surveys, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'effort_surveys',
    parents={'csm_id': ref('stg_crm__csms')}
) }}
