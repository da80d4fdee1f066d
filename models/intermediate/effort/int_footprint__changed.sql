-- Grain: one row per account_id and week_start_date from which its number of products may be another.
-- Why: each product in use brings its own adoption work, however many subscriptions it is bought in.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

product_spans as (

    {{ merged_spans('subscription_spans', ['account_id', 'product']) }}

),

changes as (

    select account_id, from_week as week_start_date, 0 as product_delta from active
    union all
    select account_id, from_week, 1 from product_spans
    union all
    select account_id, to_week, -1 from product_spans

),

changed_weeks as (

    select
        changes.account_id,
        changes.week_start_date,
        sum(changes.product_delta) as product_delta

    from changes
    group by changes.account_id, changes.week_start_date

),

counts as (

    select
        changed_weeks.account_id,
        changed_weeks.week_start_date,
        {{ running_sum('changed_weeks.product_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} as product_count

    from changed_weeks

),

final as (

    select
        counts.account_id,
        counts.week_start_date,
        levels.level

    from counts
    left join levels on {{ is_level_of('levels', 'footprint', 'counts.product_count') }}

)

select * from final
