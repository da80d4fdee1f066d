-- Grain: one row per subscription_id and from_week in which a book holds it and its end is a renewal to come.
-- Why: a settled line stays in the ARR of its book and renews in no quarter of it.
with

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

renewing as (

    select * from {{ ref('int_subscriptions__renewing') }}

),

-- Spans of days cover the Sundays of the weeks from the Monday of their first day to that of their end, exclusive.
spans as (

    select
        subscription_spans.subscription_id,
        subscription_spans.account_id,
        subscription_spans.csm_id,
        subscription_spans.arr_usd,
        subscription_spans.ends_on,
        greatest(subscription_spans.from_week, {{ week_start('renewing.from_day') }}) as from_week,
        least(subscription_spans.to_week, {{ week_start('renewing.to_day') }}) as to_week

    from subscription_spans
    -- neither the books of a subscription overlap nor its spans
    inner join renewing on subscription_spans.subscription_id = renewing.subscription_id

),

final as (

    select
        subscription_id,
        account_id,
        csm_id,
        arr_usd,
        ends_on,
        from_week,
        to_week

    from spans
    where from_week < to_week

)

select * from final
