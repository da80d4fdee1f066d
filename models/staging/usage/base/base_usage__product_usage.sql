-- Grain: one row per row read from product_usage, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'usage', 'product_usage',
    parents={'account_id': ref('stg_crm__accounts')}, suspects=ref('base_usage__product_weeks')
) }}
