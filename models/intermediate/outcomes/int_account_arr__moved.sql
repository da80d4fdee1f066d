-- Grain: one row per account_id and week_start_date in which it changed its book or its ARR.
-- Why: an account's change of a week is one kind of movement, whatever its subscriptions did one by one.
with

held as (

    select * from {{ ref('int_account_arr__held') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

paid as (

    select
        subscriptions.account_id,
        greatest({{ week_start('subscriptions.starts_on') }}, {{ week_start('active.customer_since') }}) as from_week,
        least({{ week_start('subscriptions.in_force_until') }}, active.to_week) as to_week

    from subscriptions
    inner join active on subscriptions.account_id = active.account_id
    where {{ comparable('subscriptions.arr_usd') }} > 0

),

-- Also before the first week that is measured: who paid years ago and comes back is not new.
first_paid as (

    select
        paid.account_id,
        min(paid.from_week) as first_paid_week

    from paid
    where paid.from_week < paid.to_week
    group by paid.account_id

),

final as (

    select
        held.account_id,
        held.from_week as week_start_date,
        held.csm_id,
        held.previous_csm_id,
        held.arr_usd,
        held.previous_arr_usd,
        case
            when {{ comparable('held.arr_usd') }} = {{ comparable('held.previous_arr_usd') }} then 'none'
            when {{ comparable('held.previous_arr_usd') }} = 0
                then case when held.from_week = first_paid.first_paid_week then 'new' else 'reactivation' end
            when {{ comparable('held.arr_usd') }} = 0 then 'churn'
            when held.arr_usd > held.previous_arr_usd then 'expansion'
            else 'contraction'
        end as movement

    from held
    -- what changed in the first week is not known: the week before it is not measured
    inner join clock on held.from_week > clock.first_week_start_date
    left join first_paid on held.account_id = first_paid.account_id

)

select * from final
