-- Grain: one row per week_start_date, factor and level.
-- Why: a published week keeps the weights of its time, whatever is adopted later.
with

effort_weights as (

    select * from {{ ref('effort_weights') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

versions as (

    select distinct
        version,
        effective_from_date

    from effort_weights
    where status = 'adopted'

),

version_spans as (

    select
        versions.version,
        versions.effective_from_date,
        lag(versions.version) over (order by versions.effective_from_date) is null as is_first,
        lead(versions.effective_from_date) over (order by versions.effective_from_date) as to_date

    from versions

),

final as (

    select
        weeks.week_start_date,
        version_spans.version,
        effort_weights.factor,
        effort_weights.level,
        effort_weights.weight

    from weeks
    -- weeks before the first version use the first; spans of versions do not overlap
    inner join version_spans
        on
            (version_spans.is_first or weeks.week_end_date >= version_spans.effective_from_date)
            and (version_spans.to_date is null or weeks.week_end_date < version_spans.to_date)
    inner join effort_weights
        on version_spans.version = effort_weights.version and effort_weights.status = 'adopted'

)

select * from final
