-- Grain: one row per account_id, attribute and from_week; the value holds until to_week, exclusive.
-- Why: what an account is and since when, from changes alone: cost follows what changes.
{% set attributes = {
    'lifecycle_stage': 'int_lifecycle__changed',
    'complexity_tier': 'int_complexity__changed',
    'health_trajectory': 'int_health_trajectory__changed',
    'expansion_potential': 'int_expansion__changed',
    'signal_density': 'int_signal_density__changed',
} %}
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

spans as (

    select
        changes.account_id,
        changes.attribute,
        changes.level,
        changes.week_start_date as from_week,
        lead(changes.week_start_date) over (
            partition by changes.account_id, changes.attribute order by changes.week_start_date
        ) as to_week

    from changes

),

-- Only while the account is a customer; what held before then holds from its first week.
active_spans as (

    select
        spans.account_id,
        spans.attribute,
        spans.level,
        active.to_week as active_to_week,
        greatest(spans.from_week, active.from_week) as from_week,
        lag(spans.level) over (
            partition by spans.account_id, spans.attribute order by spans.from_week
        ) as previous_level

    from spans
    inner join active on spans.account_id = active.account_id
    where spans.from_week < active.to_week and (spans.to_week is null or spans.to_week > active.from_week)

),

final as (

    select
        active_spans.account_id,
        active_spans.attribute,
        active_spans.from_week,
        active_spans.previous_level as previous_value,
        active_spans.level as attribute_value,
        coalesce(
            lead(active_spans.from_week) over (
                partition by active_spans.account_id, active_spans.attribute order by active_spans.from_week
            ),
            active_spans.active_to_week
        ) as to_week

    from active_spans
    where active_spans.previous_level is null or active_spans.previous_level != active_spans.level

)

select * from final
