-- Grain: one row per version, factor and level of the versions that were in force in some week.
-- Why: each version is in force without a break, so spans of levels meet a span of weights and not each of its weeks.
with

weights as (

    select * from {{ ref('int_effort_weights__in_force') }}

),

final as (

    select
        weights.version,
        weights.factor,
        weights.level,
        weights.weight,
        min(weights.week_start_date) as from_week,
        {{ days_after('max(weights.week_start_date)', 7) }} as to_week

    from weights
    group by weights.version, weights.factor, weights.level, weights.weight

)

select * from final
