-- Grain: one row per account_id and product and week_start_date of product_usage as received.
-- Why: the largest table is read once; seven days a week in as many rows cannot hold a day twice.
{{ usage_weeks(ref('stg_crm__accounts')) }}
