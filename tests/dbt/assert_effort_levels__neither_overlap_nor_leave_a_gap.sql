-- The levels of a factor with bounds cover every number once: the first has no lower bound, the last no upper one,
-- and where one ends the next begins, the bound itself in exactly one of them. Otherwise a measure in a gap would
-- have no level, and one in an overlap would count its account twice.
{% set factors = effort_factors() %}
with

levels as (

    select * from {{ ref('effort_levels') }}

),

neighbours as (

    select
        levels.*,
        bool_or(levels.lower_bound is not null or levels.upper_bound is not null)
            over (partition by levels.factor) as has_bounds,
        lead(levels.level) over (partition by levels.factor order by levels.level_order) as next_level,
        lead(levels.lower_bound) over (partition by levels.factor order by levels.level_order) as next_lower_bound,
        lead(levels.lower_is_inclusive)
            over (partition by levels.factor order by levels.level_order) as next_lower_is_inclusive,
        row_number() over (partition by levels.factor order by levels.level_order) as level_number

    from levels

),

faulty_levels as (

    select
        neighbours.factor,
        neighbours.level,
        case
            when neighbours.level_number = 1 and neighbours.lower_bound is not null then 'nothing below the first'
            when neighbours.next_level is null and neighbours.upper_bound is not null then 'nothing above the last'
            when neighbours.lower_bound > neighbours.upper_bound then 'its bounds are the wrong way round'
            when neighbours.next_level is null then null
            when neighbours.upper_bound is null or neighbours.next_lower_bound is null then 'no bound to the next'
            when neighbours.upper_bound < neighbours.next_lower_bound then 'a gap to the next'
            when neighbours.upper_bound > neighbours.next_lower_bound then 'an overlap with the next'
            when coalesce(neighbours.upper_is_inclusive, false) = coalesce(neighbours.next_lower_is_inclusive, false)
                then 'the bound to the next is in both or in neither'
        end as fault

    from neighbours
    where neighbours.has_bounds

),

factors as (

    {% for factor in factors %}
        select '{{ factor }}' as factor
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        faulty_levels.factor,
        faulty_levels.level,
        faulty_levels.fault

    from faulty_levels
    where faulty_levels.fault is not null

    union all

    select
        factors.factor,
        levels.level,
        'a factor without levels' as fault

    from factors
    left join levels on factors.factor = levels.factor
    where levels.level is null

)

select * from final
