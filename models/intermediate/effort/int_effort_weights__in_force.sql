-- Grain: one row per version, factor and level of the versions that were in force in some week.
-- Why: a published week keeps the weights of its time, whatever is adopted later. A version is in force without a
-- break, so spans of levels meet a span of weights and not each of its weeks.
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

-- Weeks before the first version use the first.
version_weeks as (

    select
        version_spans.version,
        min(weeks.week_start_date) as from_week,
        {{ days_after('max(weeks.week_start_date)', 7) }} as to_week

    from version_spans
    inner join weeks
        on
            (version_spans.is_first or version_spans.effective_from_date <= weeks.week_end_date)
            and (version_spans.to_date is null or version_spans.to_date > weeks.week_end_date)
    group by version_spans.version

),

final as (

    select
        version_weeks.version,
        effort_weights.factor,
        effort_weights.level,
        effort_weights.weight,
        version_weeks.from_week,
        version_weeks.to_week

    from version_weeks
    inner join effort_weights
        on version_weeks.version = effort_weights.version and effort_weights.status = 'adopted'

)

select * from final
