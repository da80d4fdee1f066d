-- Grain: one row per account_id and from_week: one book and one ARR until to_week, exclusive.
-- Why: what an account paid at any two dates comes from a few spans, not from its every week.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

bounds as (

    select
        account_id,
        from_week
    from owned
    union distinct
    select
        account_id,
        to_week as from_week
    from owned
    union distinct
    select
        account_id,
        from_week
    from subscription_spans
    union distinct
    select
        account_id,
        to_week as from_week
    from subscription_spans

),

-- A sum over what is active, not a running one: fractions that come and go would leave a remainder of revenue.
states as (

    select
        bounds.account_id,
        bounds.from_week,
        owned.csm_id,
        -- an account without an active subscription is observed to pay nothing, where any is on file
        coalesce(sum(subscription_spans.arr_usd), 0) as arr_usd

    from bounds
    inner join clock on bounds.from_week <= clock.latest_week_start_date
    inner join observed on observed.has_subscriptions
    -- the spans of an account tile its time, so at most one holds; without one it is no customer any more
    left join owned
        on
            bounds.account_id = owned.account_id
            and bounds.from_week >= owned.from_week
            and bounds.from_week < owned.to_week
    -- grouped back to one row
    left join subscription_spans
        on
            bounds.account_id = subscription_spans.account_id
            and bounds.from_week >= subscription_spans.from_week
            and bounds.from_week < subscription_spans.to_week
    group by bounds.account_id, bounds.from_week, owned.csm_id

),

steps as (

    select
        states.*,
        lag(states.csm_id) over by_account as previous_csm_id,
        -- nobody pays before being a customer
        lag(states.arr_usd, 1, 0) over by_account as previous_arr_usd

    from states
    window by_account as (partition by states.account_id order by states.from_week)

),

final as (

    select
        steps.account_id,
        steps.from_week,
        steps.csm_id,
        steps.arr_usd,
        steps.previous_csm_id,
        steps.previous_arr_usd,
        coalesce(
            lead(steps.from_week) over (partition by steps.account_id order by steps.from_week),
            {{ days_after('clock.latest_week_start_date', 7) }}
        ) as to_week

    from steps
    cross join clock
    where
        steps.csm_id is distinct from steps.previous_csm_id
        or {{ comparable('steps.arr_usd') }} != {{ comparable('steps.previous_arr_usd') }}

)

select * from final
