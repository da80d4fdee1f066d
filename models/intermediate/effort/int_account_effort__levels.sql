-- Grain: one row per account_id and from_week; all eight levels hold until to_week, exclusive.
-- Why: cost follows what changes, not accounts times weeks.
{% set factors = effort_factors() %}
{{ keeps_earlier_spans() }}
with

changes as (

    {% for factor in factors %}
        select account_id, week_start_date, '{{ factor }}' as factor, level
        from {{ ref('int_' ~ factor ~ '__changed') }}
        where week_start_date >= {{ rebuild_from() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

changed_weeks as (

    select
        changes.account_id,
        {% for factor in factors %}
            max(case when changes.factor = '{{ factor }}' then changes.level end) as {{ factor }}_level,
        {% endfor %}
        changes.week_start_date

    from changes
    group by changes.account_id, changes.week_start_date

    {% if is_rebuilding() %}
        union all

        -- what R finds in force holds until something changes
        select
            account_id,
            {% for factor in factors %}
                {{ factor }}_level,
            {% endfor %}
            from_week as week_start_date
        from {{ this }}
        where to_week = date '{{ no_week() }}'
    {% endif %}

),

levels as (

    select
        changed_weeks.account_id,
        changed_weeks.week_start_date as from_week,
        {% for factor in factors %}
            {{ last_known(
                'changed_weeks.' ~ factor ~ '_level', 'changed_weeks.account_id', 'changed_weeks.week_start_date'
            ) }} as {{ factor }}_level,
        {% endfor %}
        coalesce(
            lead(changed_weeks.week_start_date) over (
                partition by changed_weeks.account_id order by changed_weeks.week_start_date
            ),
            cast('9999-12-27' as date)
        ) as to_week

    from changed_weeks

),

final as (

    select * from levels
    where from_week >= {{ rebuild_from() }}

)

select * from final
