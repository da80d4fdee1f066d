-- Grain: one row per row read from lifecycle_stage_changes, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'lifecycle_stage_changes',
    parents={'account_id': ref('stg_crm__accounts')}
) }}
