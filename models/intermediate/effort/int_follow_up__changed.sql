-- Grain: one row per account_id and week_start_date from which its follow-up level is another.
-- Why: what a conversation leaves to do is work that no calendar shows.
{{ keeps_earlier_weeks('week_start_date') }}
with

active as (

    select * from {{ ref('int_accounts__active') }}
    where from_week >= {{ rebuild_from() }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

action_items as (

    select * from {{ ref('stg_interactions__action_items') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__action_items') }}) as has_action_items

),

meaningful_spans as (

    select
        interactions.interaction_id,
        interactions.account_id,
        {{ week_start('interactions.started_on') }} as from_week,
        {{ week_start(days_after('interactions.started_on', threshold('conversation_days'))) }} as to_week

    from interactions
    where
        interactions.is_meaningful
        and interactions.started_on >= {{ days_before_rebuild(threshold('conversation_days')) }}

),

-- An item counts from the week it is created in, and as long as its interaction does.
action_item_spans as (

    select
        meaningful_spans.account_id,
        greatest(meaningful_spans.from_week, {{ week_start('action_items.created_at') }}) as from_week,
        meaningful_spans.to_week

    from action_items
    inner join meaningful_spans on action_items.interaction_id = meaningful_spans.interaction_id

),

counted_spans as (

    select *
    from action_item_spans
    where from_week < to_week

),

counts as (

    {{ span_counts(['active'], {'interaction_count': 'meaningful_spans', 'action_item_count': 'counted_spans'}) }}

),

measured as (

    select
        counts.account_id,
        counts.week_start_date,
        case
            when
                observed.has_action_items
                and counts.interaction_count >= {{ threshold('conversation_minimum_count') }}
                and levels.level is not null
                then levels.level
            else 'unknown'
        end as level

    from counts
    cross join observed
    left join levels
        on {{ is_level_of('levels', 'follow_up', ratio('counts.action_item_count', 'counts.interaction_count')) }}

),

final as (

    {{ changes_only('measured', keeps_earlier_weeks=true) }}

)

select * from final
