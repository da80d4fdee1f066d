-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: the hours of a book come from spans in which nothing changes: added as they begin, taken off as they end.
{% set factors = effort_factors() %}
{% set columns = ['effort_hours', 'onboarding_account_count'] %}
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

weights as (

    select * from {{ ref('int_effort_weights__in_force') }}

),

base_weights as (

    select * from weights
    where factor = 'base'

),

-- What holds while level and owner and version hold.
weighted as (

    select
        owned.csm_id,
        levels.lifecycle_level,
        greatest(levels.from_week, owned.from_week, base_weights.from_week) as from_week,
        least(levels.to_week, owned.to_week, base_weights.to_week) as to_week,
        base_weights.weight
        {% for factor in factors %}
            -- a factor without its input weighs nothing
            * case when levels.{{ factor }}_level = 'unknown' then 1 else {{ factor }}_weights.weight end
        {% endfor %}
            as effort_hours

    from levels
    inner join owned
        on
            levels.account_id = owned.account_id
            and levels.from_week < owned.to_week
            and levels.to_week > owned.from_week
    inner join active on levels.account_id = active.account_id
    -- a row for each version that is in force meanwhile; a version has each level once
    inner join base_weights
        on
            active.segment = base_weights.level
            and greatest(levels.from_week, owned.from_week) < base_weights.to_week
            and least(levels.to_week, owned.to_week) > base_weights.from_week
    {% for factor in factors %}
        left join weights as {{ factor }}_weights
            on
                base_weights.version = {{ factor }}_weights.version
                and {{ factor }}_weights.factor = '{{ factor }}'
                and levels.{{ factor }}_level = {{ factor }}_weights.level
    {% endfor %}

),

spans as (

    select
        weighted.csm_id,
        weighted.from_week,
        weighted.to_week,
        {{ exact_sum_part('weighted.effort_hours') }} as effort_hours,
        case when weighted.lifecycle_level = 'onboarding' then 1 else 0 end as onboarding_account_count

    from weighted

),

changes as (

    {{ span_changes('spans', columns) }}

),

sums as (

    {{ book_sums('books', 'changes', columns) }}

),

final as (

    select
        sums.csm_id,
        sums.week_start_date,
        cast(sums.effort_hours as double) as effort_hours,
        cast(sums.onboarding_account_count as bigint) as onboarding_account_count

    from sums

)

select * from final
