-- Grain: one row per account_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'accounts', ref('base_crm__accounts')) }}

),

final as (

    select
        account_id,
        account_name,
        segment,
        industry,
        region,
        language,
        customer_since,
        churned_on

    from accepted_rows

)

select * from final
