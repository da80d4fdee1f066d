-- Grain: one row per account_id and week_start_date from which its complexity tier is another.
-- Why: people, products and custom work make an account complex; what passes (a bad month, a renewal) does not.
{% set factors = ['stakeholders', 'footprint', 'custom_configuration'] %}
with

levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

weights as (

    select * from {{ ref('int_effort_weights__in_force') }}

),

versions as (

    select
        weights.version,
        min(weights.from_week) as from_week,
        max(weights.to_week) as to_week

    from weights
    group by weights.version

),

weighted as (

    select
        levels.account_id,
        greatest(levels.from_week, versions.from_week) as week_start_date,
        -- a factor without its input weighs nothing
        {% for factor in factors %}
            coalesce({{ factor }}_weights.weight, 1){% if not loop.last %} *{% endif %}
        {% endfor %}
            as complexity_weight

    from levels
    -- a row for each version that is in force while the levels hold; a version has each level once
    inner join versions on levels.from_week < versions.to_week and levels.to_week > versions.from_week
    {% for factor in factors %}
        left join weights as {{ factor }}_weights
            on
                versions.version = {{ factor }}_weights.version
                and {{ factor }}_weights.factor = '{{ factor }}'
                and levels.{{ factor }}_level = {{ factor }}_weights.level
    {% endfor %}

),

measured as (

    select
        weighted.account_id,
        weighted.week_start_date,
        case
            when {{ comparable('weighted.complexity_weight') }} >= {{ threshold('complexity_high_weight') }} then 'high'
            when {{ comparable('weighted.complexity_weight') }} >= {{ threshold('complexity_medium_weight') }}
                then 'medium'
            else 'low'
        end as level

    from weighted

),

final as (

    {{ changes_only('measured') }}

)

select * from final
