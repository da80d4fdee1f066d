-- Question: Which tables were read, how many rows, and how many were rejected?
-- Also: data coverage; how complete are our data; which data do you have; rows read per table; data quality
with

coverages as (

    select * from {{ ref('data_coverage') }}

),

final as (

    select
        coverages.table_name,
        coverages.is_present,
        coverages.is_required,
        coverages.read_count,
        coverages.accepted_count,
        coverages.rejected_count

    from coverages
    order by coverages.table_name asc

)

select * from final
