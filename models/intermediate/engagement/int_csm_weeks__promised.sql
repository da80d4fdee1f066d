-- Grain: one row per csm_id and week_start_date in which the CSM is employed or completed an interaction.
-- Why: what conversations left to do, and whether it was done by the day agreed, as known at the week's end.
{% set spans = {
    'open': ('known_week', 'done_week', 'true'),
    'overdue': ('due_week', 'done_week', 'items.due_on is not null'),
    'due': ('due_week', 'forgotten_week', 'items.due_on is not null'),
    'on_time': ('due_week', 'forgotten_week', 'cast(items.completed_at as date) <= items.due_on'),
} %}
{{ keeps_earlier_weeks('week_start_date') }}
with

csm_weeks as (

    select
        csm_id,
        week_start_date as from_week
    from {{ ref('int_csm_weeks__engaged') }}
    where week_start_date >= {{ rebuild_from() }}

),

interactions as (

    select * from {{ ref('int_interactions__engaged') }}

),

action_items as (

    select * from {{ ref('stg_interactions__action_items') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__action_items') }}) as has_action_items

),

-- An item belongs to whoever held the conversation, from the week in which both are known.
items as (

    select
        interactions.csm_id,
        action_items.due_on,
        action_items.completed_at,
        greatest(interactions.week_start_date, {{ week_start('action_items.created_at') }}) as known_week,
        greatest(
            interactions.week_start_date,
            {{ week_start('action_items.created_at') }},
            {{ week_start('action_items.due_on') }}
        ) as due_week,
        {{ week_start('action_items.completed_at') }} as done_week,
        {{ week_start(days_after('action_items.due_on', threshold('on_time_days'))) }} as forgotten_week

    from action_items
    inner join interactions on action_items.interaction_id = interactions.interaction_id

),

{% for name, (from_week, to_week, condition) in spans.items() %}
    {{ name }}_spans as (

        select
            items.csm_id,
            items.{{ from_week }} as from_week,
            items.{{ to_week }} as to_week

        from items
        where
            {{ condition }}
            -- what was over before the weeks that are built takes off what it added
            and (items.{{ to_week }} is null or items.{{ from_week }} < items.{{ to_week }})
            and (items.{{ to_week }} is null or {{ rebuild_from() }} < items.{{ to_week }})

    ),

{% endfor %}
counts as (

    {{ span_counts(
        ['csm_weeks'],
        {
            'open_count': 'open_spans',
            'overdue_count': 'overdue_spans',
            'due_count': 'due_spans',
            'on_time_count': 'on_time_spans',
        },
        key='csm_id',
    ) }}

),

final as (

    select
        counts.csm_id,
        counts.week_start_date,
        case when observed.has_action_items then counts.open_count end as open_count,
        case when observed.has_action_items then counts.overdue_count end as overdue_count,
        case when observed.has_action_items then counts.due_count end as due_count,
        case when observed.has_action_items then counts.on_time_count end as on_time_count

    from counts
    -- the weeks of a CSM are distinct: a change in another week is left out, none is doubled
    inner join csm_weeks on counts.csm_id = csm_weeks.csm_id and counts.week_start_date = csm_weeks.from_week
    cross join observed

)

select * from final
