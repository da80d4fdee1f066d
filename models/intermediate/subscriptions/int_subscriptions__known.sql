-- Grain: one row per subscription_id.
-- Why: a renewal is settled from the day on which its successor is known, and no week may know more than it could.
with

subscriptions as (

    select * from {{ ref('stg_crm__subscriptions') }}

),

contracts as (

    select
        subscriptions.account_id,
        subscriptions.contract_id,
        min(subscriptions.starts_on) as first_started_on

    from subscriptions
    where subscriptions.contract_id is not null
    group by subscriptions.account_id, subscriptions.contract_id

),

step_days as (

    select
        subscription_id,
        account_id,
        contract_id,
        ends_on as step_on
    from subscriptions
    where contract_id is not null and ends_on is not null
    union all
    select
        subscription_id,
        account_id,
        contract_id,
        {{ days_after('ends_on', 1) }} as step_on
    from subscriptions
    where contract_id is not null and ends_on is not null

),

-- Two of the lines before a step: a line is no step of its own end.
steps as (

    select
        step_days.account_id,
        step_days.contract_id,
        step_days.step_on,
        min(step_days.subscription_id) as first_subscription_id,
        max(step_days.subscription_id) as last_subscription_id

    from step_days
    group by step_days.account_id, step_days.contract_id, step_days.step_on

),

final as (

    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        subscriptions.product,
        subscriptions.arr_usd,
        subscriptions.has_custom_configuration,
        subscriptions.starts_on,
        subscriptions.ends_on,
        subscriptions.cancelled_on,
        subscriptions.contract_id,
        subscriptions.signed_on,
        subscriptions.renews_subscription_id,
        case
            when subscriptions.signed_on is not null then subscriptions.signed_on
            when
                steps.first_subscription_id != subscriptions.subscription_id
                or steps.last_subscription_id != subscriptions.subscription_id
                then contracts.first_started_on
            else subscriptions.starts_on
        end as known_on

    from subscriptions
    -- both have one row at most for a line
    left join contracts
        on subscriptions.account_id = contracts.account_id and subscriptions.contract_id = contracts.contract_id
    left join steps
        on
            subscriptions.account_id = steps.account_id
            and subscriptions.contract_id = steps.contract_id
            and subscriptions.starts_on = steps.step_on

)

select * from final
