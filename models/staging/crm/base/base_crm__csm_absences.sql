-- Grain: one row per row read from csm_absences, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'csm_absences',
    parents={'csm_id': ref('stg_crm__csms')}
) }}
