-- Grain: one row per account_id, attribute and week_start_date from which the attribute has another value.
-- Why: what an account is and since when, from changes alone: cost follows what changes.
{% set attributes = {
    'lifecycle_stage': 'int_lifecycle__changed',
    'complexity_tier': 'int_complexity__changed',
    'health_trajectory': 'int_health_trajectory__changed',
    'expansion_potential': 'int_expansion__changed',
    'signal_density': 'int_signal_density__changed',
} %}
{{ keeps_earlier_weeks('week_start_date') }}
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

changes as (

    {% for attribute, relation in attributes.items() %}
        select account_id, week_start_date, '{{ attribute }}' as attribute, level
        from {{ ref(relation) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- Only while the account is a customer; what held before then holds from its first week.
active_changes as (

    select
        changes.account_id,
        changes.attribute,
        changes.week_start_date,
        changes.level

    from changes
    inner join active on changes.account_id = active.account_id
    where
        changes.week_start_date > active.from_week
        and changes.week_start_date < active.to_week
        and changes.week_start_date >= {{ rebuild_from() }}

    union all

    select
        active.account_id,
        changes.attribute,
        active.from_week as week_start_date,
        max_by(changes.level, changes.week_start_date) as level

    from changes
    inner join active on changes.account_id = active.account_id
    where changes.week_start_date <= active.from_week and active.from_week >= {{ rebuild_from() }}
    group by active.account_id, changes.attribute, active.from_week

    {% if is_rebuilding() %}
        union all

        -- the value before
        select
            kept_values.account_id,
            kept_values.attribute,
            max(kept_values.week_start_date) as week_start_date,
            max_by(kept_values.attribute_value, kept_values.week_start_date) as level

        from {{ this }} as kept_values
        group by kept_values.account_id, kept_values.attribute
    {% endif %}

),

changes_in_order as (

    select
        active_changes.*,
        lag(active_changes.level) over (
            partition by active_changes.account_id, active_changes.attribute order by active_changes.week_start_date
        ) as previous_level

    from active_changes

),

final as (

    select
        changes_in_order.account_id,
        changes_in_order.attribute,
        changes_in_order.week_start_date,
        changes_in_order.previous_level as previous_value,
        changes_in_order.level as attribute_value

    from changes_in_order
    where
        changes_in_order.week_start_date >= {{ rebuild_from() }}
        and (changes_in_order.previous_level is null or changes_in_order.previous_level != changes_in_order.level)

)

select * from final
