-- Grain: one row per account_id and week_start_date from which custom configuration is another.
-- Why: a custom integration is work that the price does not show.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

custom_spans as (

    select
        subscription_spans.account_id,
        subscription_spans.from_week,
        subscription_spans.to_week

    from subscription_spans
    inner join subscriptions on subscription_spans.subscription_id = subscriptions.subscription_id
    where subscriptions.has_custom_configuration

),

counts as (

    {{ span_counts(['active'], {'custom_count': 'custom_spans'}) }}

),

measured as (

    select
        counts.account_id,
        counts.week_start_date,
        case
            when not observed.has_subscriptions then 'unknown'
            when counts.custom_count > 0 then 'yes'
            else 'no'
        end as level

    from counts
    cross join observed

),

final as (

    {{ changes_only('measured') }}

)

select * from final
