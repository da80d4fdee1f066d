-- One row per raw table: what was read, what was left out, and what cannot be measured without it.
-- Question: tables_read
select
    table_name,
    is_present,
    is_required,
    is_observed,
    read_count,
    accepted_count,
    rejected_count,
    unavailable

from marts.data_coverage
order by table_name asc
