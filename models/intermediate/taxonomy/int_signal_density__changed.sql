-- Grain: one row per account_id and week_start_date from which its signal density is another.
-- Why: an account that says nothing is one to look at; an account that nobody measures is not.
{{ keeps_earlier_weeks('week_start_date') }}
{% set days = threshold('signal_days') %}
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

observed_signals as (

    select * from {{ ref('int_signals__observed') }}

),

coverage as (

    select * from {{ ref('int_raw_coverage') }}

),

observed as (

    select bool_or(coverage.is_observed) as has_signals
    from coverage
    where coverage.table_name in ('interactions', 'tickets', 'survey_responses', 'product_usage')

),

-- What is in the window in the week of R, or was a week before.
signals as (

    select *
    from observed_signals
    where observed_on >= {{ days_before_rebuild(threshold('signal_days')) }}

),

-- A level of n signals ends when the n-th last one leaves the window.
signals_in_order as (

    select
        signals.account_id,
        signals.observed_on,
        {% for level in ['dense', 'normal'] %}
            {% set count = threshold('signal_' ~ level ~ '_minimum_count') %}
            {{ days_after(earlier_value('signals.observed_on', count ~ ' - 1', 'day_order'), days) }}
                as {{ level }}_until,
            {{ days_after(earlier_value('signals.observed_on', count, 'day_order'), days) }}
                as {{ level }}_until_before,
        {% endfor %}
        lead(signals.observed_on) over day_order as next_observed_on
    from signals
    window day_order as (partition by signals.account_id order by signals.observed_on)

),

-- Heard is dense or normal. An account that is heard all the time has no turn at any of its signals.
levels as (

    select
        signals_in_order.*,
        coalesce(signals_in_order.dense_until > signals_in_order.observed_on, false) as is_dense,
        coalesce(
            greatest(signals_in_order.dense_until, signals_in_order.normal_until) > signals_in_order.observed_on, false
        ) as is_heard,
        coalesce(signals_in_order.dense_until_before > signals_in_order.observed_on, false) as was_dense,
        coalesce(
            greatest(signals_in_order.dense_until_before, signals_in_order.normal_until_before)
            > signals_in_order.observed_on,
            false
        ) as was_heard
    from signals_in_order

),

turns as (

    select
        levels.*,
        levels.is_dense != levels.was_dense or levels.is_heard != levels.was_heard as is_raised,
        -- before the next signal, or as that one comes
        levels.is_dense and coalesce(levels.dense_until <= levels.next_observed_on, true) as is_dense_no_more,
        coalesce(levels.normal_until > levels.observed_on, false)
        and coalesce(levels.normal_until > levels.dense_until, true)
        and coalesce(levels.normal_until <= levels.next_observed_on, true) as is_heard_no_more
    from levels

),

-- Three turns at most stand in one row; of most rows none is left.
kept_turns as (

    select * from turns
    where is_raised or is_dense_no_more or is_heard_no_more

),

changes as (

    select
        account_id,
        observed_on as changed_on,
        is_dense,
        is_heard
    from kept_turns
    where is_raised
    union all
    select
        account_id,
        dense_until as changed_on,
        false as is_dense,
        coalesce(normal_until > dense_until, false) as is_heard
    from kept_turns
    where is_dense_no_more
    union all
    select
        account_id,
        normal_until as changed_on,
        false as is_dense,
        false as is_heard
    from kept_turns
    where is_heard_no_more

),

weekly_changes as (

    select
        account_id,
        changed_on,
        is_dense,
        is_heard,
        {{ week_start('changed_on') }} as week_start_date
    from changes
    union all
    -- so that nobody is left out; what a signal changes in that week comes after it
    select
        account_id,
        cast(null as date) as changed_on,
        cast(null as boolean) as is_dense,
        cast(null as boolean) as is_heard,
        from_week as week_start_date
    from active
    where from_week >= {{ rebuild_from() }}

),

-- The last change of a week holds at its end. What leaves the window on a day has left before that day's signals come.
changes_in_order as (

    select
        weekly_changes.*,
        row_number() over (
            partition by weekly_changes.account_id, weekly_changes.week_start_date
            order by
                weekly_changes.changed_on desc nulls last,
                weekly_changes.is_dense desc nulls last,
                weekly_changes.is_heard desc nulls last
        ) as latest_rank
    from weekly_changes

),

-- An account starts at what it was before, and silent where nothing was heard of it.
measured as (

    select
        changes_in_order.account_id,
        changes_in_order.week_start_date,
        case
            when not observed.has_signals then 'unknown'
            when {{ last_known('is_dense', 'account_id', 'week_start_date') }} then 'dense'
            when {{ last_known('is_heard', 'account_id', 'week_start_date') }} then 'normal'
            else 'silent'
        end as level
    from changes_in_order
    cross join observed
    where changes_in_order.latest_rank = 1

),

final as (

    {{ changes_only('measured', keeps_earlier_weeks=true) }}

)

select * from final
