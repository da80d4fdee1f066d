-- Raw tables that were read, and rows that were left out.
-- Question: tables_read
select
    count(*) as table_count,
    count(*) filter (where is_present) as present_count,
    sum(rejected_count) as rejected_count,
    string_agg(table_name, ', ' order by table_name) filter (where not is_present) as absent_names

from marts.data_coverage
