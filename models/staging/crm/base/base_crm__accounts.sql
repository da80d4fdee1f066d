-- Grain: one row per row read from accounts, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'accounts',
    accepted_from={'segment': ref('touch_cadences')}
) }}
