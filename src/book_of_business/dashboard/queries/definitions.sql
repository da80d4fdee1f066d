-- One row per published column: what it is, and in which marts.
-- Question: tables_read
select
    column_name,
    any_value(comment) as meaning,
    string_agg(distinct table_name, ', ' order by table_name) as mart_names

from duckdb_columns()
where
    schema_name = 'marts'
    and comment is not null
group by column_name
order by column_name asc
