-- Grain: one row per subscription_id.
-- Why: where a line ends depends on the lines that follow it; whoever counts lines asks it here.
with

subscriptions as (

    select * from {{ ref('int_subscriptions__known') }}

),

-- A line that renews itself, or was cancelled before it began, renews nothing; such a one goes on with nothing either.
renewed as (

    select
        subscriptions.renews_subscription_id as subscription_id,
        min(subscriptions.starts_on) as renewed_on
    from subscriptions
    where
        subscriptions.renews_subscription_id != subscriptions.subscription_id
        and coalesce(subscriptions.cancelled_on > subscriptions.starts_on, true)
    group by subscriptions.renews_subscription_id

),

product_starts as (

    select distinct
        account_id,
        product,
        starts_on
    from subscriptions
    where coalesce(cancelled_on > starts_on, true)

),

lines as (

    select
        subscriptions.*,
        product_starts.starts_on is not null as is_written_inclusively,
        subscriptions.renews_subscription_id is not null and linked.subscription_id is null as is_dangling_link,
        least(
            subscriptions.cancelled_on, renewed.renewed_on, coalesce(product_starts.starts_on, subscriptions.ends_on)
        ) as in_force_until,
        coalesce(
            subscriptions.ends_on < {{ days_after('subscriptions.starts_on', threshold('rolling_term_days')) }}, false
        ) as is_rolling

    from subscriptions
    -- each of these has one row at most for a line
    left join renewed on subscriptions.subscription_id = renewed.subscription_id
    left join product_starts
        on
            subscriptions.account_id = product_starts.account_id
            and subscriptions.product = product_starts.product
            and {{ days_after('subscriptions.ends_on', 1) }} = product_starts.starts_on
    left join subscriptions as linked
        on
            subscriptions.renews_subscription_id = linked.subscription_id
            and subscriptions.subscription_id != linked.subscription_id

),

reaching as (

    select
        lines.*,
        coalesce(lines.in_force_until, cast('9999-12-31' as date)) as reach_on,
        coalesce(lines.starts_on < lines.in_force_until, true) as is_ever_in_force

    from lines

),

-- How far the lines before reach, and where the next begins.
neighbours as (

    select
        reaching.*,
        max(reaching.reach_on) over (
            partition by reaching.account_id, reaching.product, reaching.is_ever_in_force
            order by reaching.starts_on, reaching.subscription_id
            rows between unbounded preceding and 1 preceding
        ) as reached_on,
        lead(reaching.starts_on) over (
            partition by reaching.account_id, reaching.product, reaching.is_ever_in_force
            order by reaching.starts_on, reaching.subscription_id
        ) as next_starts_on

    from reaching

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
        renews_subscription_id,
        in_force_until,
        known_on,
        is_rolling,
        is_written_inclusively,
        is_dangling_link,
        is_ever_in_force
        and (coalesce(reached_on > starts_on, false) or coalesce(next_starts_on < reach_on, false)) as is_overlapping

    from neighbours

)

select * from final
