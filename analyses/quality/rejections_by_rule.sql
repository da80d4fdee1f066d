-- Question: Which rows were left out of the numbers, and by which rule?
-- Also: rejected rows; bad records; data errors; which data were rejected
with

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

coverage as (

    select * from {{ ref('data_coverage') }}

),

faults as (

    select
        rejected_rows.table_name,
        rejected_rows.column_name,
        rejected_rows.rule,
        count(*) as fault_count,
        min(rejected_rows.row_key) as example_row_key

    from rejected_rows
    group by rejected_rows.table_name, rejected_rows.column_name, rejected_rows.rule

),

final as (

    select
        faults.table_name,
        faults.column_name,
        faults.rule,
        faults.fault_count,
        faults.example_row_key,
        coverage.rejected_count as table_rejected_count,
        coverage.read_count as table_read_count

    from faults
    inner join coverage on faults.table_name = coverage.table_name
    order by faults.fault_count desc, faults.table_name asc, faults.column_name asc, faults.rule asc

)

select * from final
