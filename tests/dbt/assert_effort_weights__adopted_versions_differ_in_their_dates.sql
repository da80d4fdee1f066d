-- An adopted version has one effective date, and no other has the same. Otherwise two versions would hold in the
-- same week and every account would count twice, or one version would begin twice.
with

weights as (

    select * from {{ ref('effort_weights') }}

),

versions as (

    select distinct
        weights.version,
        weights.effective_from_date

    from weights
    where weights.status = 'adopted'

),

counted_versions as (

    select
        versions.version,
        versions.effective_from_date,
        count(*) over (partition by versions.effective_from_date) as version_count,
        count(*) over (partition by versions.version) as date_count

    from versions

),

final as (

    select
        counted_versions.version,
        counted_versions.effective_from_date

    from counted_versions
    where
        counted_versions.effective_from_date is null
        or counted_versions.version_count > 1
        or counted_versions.date_count > 1

)

select * from final
