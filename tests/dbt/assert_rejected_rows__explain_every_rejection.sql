-- A table with rejected rows has at least as many faults, over no more rows than were rejected; one without has
-- none. Otherwise rows are missing from the marts without a reason that their owner could mend.
with

coverage as (

    select * from {{ ref('data_coverage') }}

),

rejected as (

    select * from {{ ref('rejected_rows') }}

),

faults as (

    select
        rejected.table_name,
        count(*) as fault_count,
        count(distinct rejected.row_key) as row_key_count

    from rejected
    group by rejected.table_name

),

final as (

    select
        coverage.table_name,
        coverage.rejected_count,
        faults.table_name as fault_table_name,
        faults.fault_count,
        faults.row_key_count

    from coverage
    full outer join faults on coverage.table_name = faults.table_name
    where
        coverage.table_name is null
        -- a table without a fault has none
        or coalesce(faults.fault_count, 0) < coverage.rejected_count
        or coalesce(faults.row_key_count, 0) > coverage.rejected_count

)

select * from final
