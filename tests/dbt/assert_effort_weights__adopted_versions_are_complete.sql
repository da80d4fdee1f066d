-- An adopted version has a weight for every level of every factor, and base hours for every segment. Otherwise the
-- accounts with the level that was left out would have no effort, in silence, from the day the version is in force.
with

weights as (

    select * from {{ ref('effort_weights') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

cadences as (

    select * from {{ ref('touch_cadences') }}

),

adopted_versions as (

    select distinct weights.version
    from weights
    where weights.status = 'adopted'

),

needed as (

    select
        levels.factor,
        levels.level

    from levels

    union distinct

    select
        'base' as factor,
        cadences.segment as level

    from cadences

),

missing_weights as (

    select
        adopted_versions.version,
        needed.factor,
        needed.level,
        'no weight above zero' as fault

    from adopted_versions
    cross join needed
    left join weights
        on
            adopted_versions.version = weights.version
            and needed.factor = weights.factor
            and needed.level = weights.level
            and weights.status = 'adopted'
            and weights.weight > 0
    where weights.version is null

),

final as (

    select
        missing_weights.version,
        missing_weights.factor,
        missing_weights.level,
        missing_weights.fault

    from missing_weights

    union all

    select
        'none' as version,
        'none' as factor,
        'none' as level,
        'no version is adopted' as fault

    from adopted_versions
    having count(*) = 0

)

select * from final
