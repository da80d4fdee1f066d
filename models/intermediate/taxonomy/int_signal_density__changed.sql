-- Grain: one row per account_id and week_start_date from which its signal density is another.
-- Why: an account that says nothing is one to look at; an account that nobody measures is not.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

turns as (

    select * from {{ ref('int_signals__turned') }}

),

coverage as (

    select * from {{ ref('int_raw_coverage') }}

),

observed as (

    select bool_or(coverage.is_observed) as has_signals
    from coverage
    where coverage.table_name in ('interactions', 'tickets', 'survey_responses', 'product_usage')

),

changes as (

    select
        account_id,
        observed_on as changed_on,
        is_dense,
        is_heard
    from turns
    where is_raised
    union all
    select
        account_id,
        dense_until as changed_on,
        false as is_dense,
        coalesce(normal_until > dense_until, false) as is_heard
    from turns
    where is_dense_no_more
    union all
    select
        account_id,
        normal_until as changed_on,
        false as is_dense,
        false as is_heard
    from turns
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

    {{ changes_only('measured') }}

)

select * from final
