-- Grain: one row per subscription_id and from_week in which it is active in a book.
-- Why: ARR and renewals of a book come from the same spans, so that their ratio cannot drift.
with

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

spans as (

    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        owned.csm_id,
        active.segment,
        subscriptions.product,
        subscriptions.arr_usd,
        subscriptions.ends_on,
        greatest({{ week_start('subscriptions.starts_on') }}, owned.from_week) as from_week,
        least({{ week_start('subscriptions.in_force_until') }}, owned.to_week) as to_week

    from subscriptions
    inner join owned on subscriptions.account_id = owned.account_id
    inner join active on subscriptions.account_id = active.account_id

),

final as (

    select
        spans.subscription_id,
        spans.account_id,
        spans.csm_id,
        spans.segment,
        spans.product,
        spans.arr_usd,
        spans.ends_on,
        spans.from_week,
        spans.to_week

    from spans
    where spans.from_week < spans.to_week

)

select * from final
