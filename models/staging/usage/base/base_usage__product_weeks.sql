-- Grain: one row per account_id and product and week_start_date of product_usage as received.
-- Why: the largest table is read once; seven days a week in as many rows cannot hold a day twice.
{{ keeps_unchanged_weeks('product_usage') }}
{{ usage_weeks() }}
