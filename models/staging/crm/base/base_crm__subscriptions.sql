-- Grain: one row per row read from subscriptions, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'crm', 'subscriptions',
    parents={'account_id': ref('stg_crm__accounts')}
) }}
