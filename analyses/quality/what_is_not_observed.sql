-- Question: What can we not measure, for want of which table?
-- Also: missing data; missing tables; what do we not know; which metrics are unavailable
with

coverage as (

    select * from {{ ref('data_coverage') }}

),

final as (

    select
        coverage.table_name,
        coverage.is_present,
        coverage.is_observed,
        coverage.absent_columns,
        coverage.unavailable

    from coverage
    where not coverage.is_observed or coverage.absent_columns is not null
    order by coverage.table_name asc

)

select * from final
