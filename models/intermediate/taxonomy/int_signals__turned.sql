-- Grain: one row per account_id and signal_number with or after which the account's signal density is another.
-- Why: of an account that is heard all the time hardly a signal is left, so the few that matter are sorted by week.
{% set dense_count = threshold('signal_dense_minimum_count') %}
{% set normal_count = threshold('signal_normal_minimum_count') %}
with

signals as (

    select * from {{ ref('int_signals__observed') }}

),

-- The n-th last signal is the one with which a level of n signals ends: when it leaves the window.
signals_in_order as (

    select
        signals.account_id,
        signals.observed_on,
        row_number() over day_order as signal_number,
        lead(signals.observed_on) over day_order as next_observed_on,
        {{ earlier_value('signals.observed_on', dense_count ~ ' - 1', 'day_order') }} as dense_from,
        {{ earlier_value('signals.observed_on', normal_count ~ ' - 1', 'day_order') }} as normal_from,
        {{ earlier_value('signals.observed_on', dense_count, 'day_order') }} as dense_from_before,
        {{ earlier_value('signals.observed_on', normal_count, 'day_order') }} as normal_from_before

    from signals
    window day_order as (partition by signals.account_id order by signals.observed_on)

),

ends as (

    select
        signals_in_order.account_id,
        signals_in_order.signal_number,
        signals_in_order.observed_on,
        signals_in_order.next_observed_on,
        {{ days_after('signals_in_order.dense_from', threshold('signal_days')) }} as dense_until,
        {{ days_after('signals_in_order.normal_from', threshold('signal_days')) }} as normal_until,
        {{ days_after('signals_in_order.dense_from_before', threshold('signal_days')) }} as dense_until_before,
        {{ days_after('signals_in_order.normal_from_before', threshold('signal_days')) }} as normal_until_before

    from signals_in_order

),

levels as (

    select
        ends.*,
        coalesce(ends.dense_until > ends.observed_on, false) as is_dense,
        coalesce(greatest(ends.dense_until, ends.normal_until) > ends.observed_on, false) as is_heard,
        coalesce(ends.dense_until_before > ends.observed_on, false) as was_dense,
        coalesce(greatest(ends.dense_until_before, ends.normal_until_before) > ends.observed_on, false) as was_heard

    from ends

),

turns as (

    select
        levels.account_id,
        levels.signal_number,
        levels.observed_on,
        levels.dense_until,
        levels.normal_until,
        levels.is_dense,
        levels.is_heard,
        levels.is_dense != levels.was_dense or levels.is_heard != levels.was_heard as is_raised,
        -- before or as the next signal comes; a signal of the same day comes before the day's end
        levels.is_dense and coalesce(levels.dense_until <= levels.next_observed_on, true) as is_dense_no_more,
        coalesce(levels.normal_until > levels.observed_on, false)
        and coalesce(levels.normal_until > levels.dense_until, true)
        and coalesce(levels.normal_until <= levels.next_observed_on, true) as is_heard_no_more

    from levels

),

final as (

    select *
    from turns
    where is_raised or is_dense_no_more or is_heard_no_more

)

select * from final
