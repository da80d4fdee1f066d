-- Grain: one row per row read from time_entries, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'interactions', 'time_entries',
    parents={'csm_id': ref('stg_crm__csms'), 'account_id': ref('stg_crm__accounts')}
) }}
