-- Grain: one row per row read from csms, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'csms',
    accepted_from={'role_tier': ref('role_tiers')}
) }}
