-- Grain: one row per account_id and week_start_date from which custom configuration may be another.
-- Why: a custom integration is work that the price does not show.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

subscriptions as (

    select * from {{ ref('stg_crm__subscriptions') }}

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

changes as (

    select account_id, from_week as week_start_date, 0 as custom_delta from active
    union all
    select account_id, from_week, 1 from custom_spans
    union all
    select account_id, to_week, -1 from custom_spans

),

changed_weeks as (

    select
        changes.account_id,
        changes.week_start_date,
        sum(changes.custom_delta) as custom_delta

    from changes
    group by changes.account_id, changes.week_start_date

),

final as (

    select
        changed_weeks.account_id,
        changed_weeks.week_start_date,
        case
            when {{ running_sum('changed_weeks.custom_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} > 0
                then 'yes'
            else 'no'
        end as level

    from changed_weeks

)

select * from final
