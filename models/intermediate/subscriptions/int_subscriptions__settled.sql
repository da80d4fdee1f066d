-- Grain: one row per subscription_id and settled_from_on.
-- Why: a renewal is no news once the line that continues it is known; before, nobody could know.
with

lines as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

-- A line that rolls on has no renewal to settle.
ending as (

    select
        subscription_id,
        account_id,
        product,
        contract_id,
        ends_on,
        {{ comparable(threshold('settled_minimum_share') ~ ' * arr_usd') }} as least_arr_usd,
        {{ days_after('ends_on', 1) }} as latest_start_on,
        {{ days_after('ends_on', '-' ~ threshold('renewal_window_days')) }} as earliest_start_on

    from lines
    where ends_on is not null and not is_rolling

),

-- All three join on keys of an account: its lines are few, and those that may be continued fewer.
continuing as (

    select
        ending.subscription_id,
        ending.ends_on,
        lines.starts_on,
        lines.cancelled_on,
        lines.known_on

    from ending
    inner join lines
        on
            ending.subscription_id = lines.renews_subscription_id
            and ending.subscription_id != lines.subscription_id

    union all

    select
        ending.subscription_id,
        ending.ends_on,
        lines.starts_on,
        lines.cancelled_on,
        lines.known_on

    from ending
    inner join lines
        on
            ending.account_id = lines.account_id
            and ending.contract_id = lines.contract_id
            and ending.latest_start_on >= lines.starts_on
            and (lines.ends_on is null or ending.ends_on < lines.ends_on)

    union all

    select
        ending.subscription_id,
        ending.ends_on,
        lines.starts_on,
        lines.cancelled_on,
        lines.known_on

    from ending
    inner join lines
        on
            ending.account_id = lines.account_id
            and ending.product = lines.product
            and lines.starts_on between ending.earliest_start_on and ending.latest_start_on
            and (lines.ends_on is null or ending.ends_on < lines.ends_on)
            and ending.least_arr_usd <= {{ comparable('lines.arr_usd') }}
    where
        -- one that names another line goes on with that one
        (lines.renews_subscription_id is null or lines.is_dangling_link)
        and (ending.contract_id is null or lines.contract_id is null or ending.contract_id != lines.contract_id)

),

-- A line that was cancelled by that end, or before it began, continues nothing from its cancellation on.
spans as (

    select
        subscription_id,
        known_on as settled_from_on,
        case
            when cancelled_on <= ends_on or cancelled_on <= starts_on then cancelled_on
            else cast('9999-12-31' as date)
        end as settled_to_on

    from continuing

),

known_spans as (

    select * from spans
    where settled_from_on < settled_to_on

),

final as (

    {{ merged_spans('known_spans', ['subscription_id'], 'settled_from_on', 'settled_to_on') }}

)

select * from final
