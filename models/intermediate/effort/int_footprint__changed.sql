-- Grain: one row per account_id and week_start_date from which its number of products is another.
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

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

product_spans as (

    {{ merged_spans('subscription_spans', ['account_id', 'product']) }}

),

counts as (

    {{ span_counts(['active'], {'product_count': 'product_spans'}) }}

),

measured as (

    select
        counts.account_id,
        counts.week_start_date,
        case when observed.has_subscriptions then levels.level else 'unknown' end as level

    from counts
    cross join observed
    left join levels on {{ is_level_of('levels', 'footprint', 'counts.product_count') }}

),

final as (

    {{ changes_only('measured') }}

)

select * from final
