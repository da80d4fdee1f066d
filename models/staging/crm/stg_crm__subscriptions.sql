-- Grain: one row per subscription_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__subscriptions') }}

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
        cancelled_on

    from checked_rows
    where is_accepted

)

select * from final
