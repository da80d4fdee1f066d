-- Grain: one row per row read from opportunities, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'opportunities',
    parents={'account_id': ref('stg_crm__accounts')},
    accepted_from={'segment': ref('touch_cadences')}
) }}
