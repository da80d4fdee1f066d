-- Grain: one row per subscription_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'subscriptions', ref('base_crm__subscriptions')) }}

),

final as (

    select
        subscription_id,
        account_id,
        product,
        arr_usd,
        has_custom_configuration,
        starts_on,
        ends_on,
        cancelled_on,
        contract_id,
        signed_on,
        renews_subscription_id

    from accepted_rows

)

select * from final
