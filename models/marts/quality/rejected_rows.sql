-- Grain: one row per fault of a raw row.
-- Why: rows read = rows accepted + rows rejected, and every rejected one can be found and mended.
with

raw_faults as (

    select * from {{ ref('int_raw_faults') }}

),

final as (

    select
        raw_faults.table_name,
        raw_faults.row_key,
        raw_faults.column_name,
        raw_faults.value,
        raw_faults.rule,
        raw_faults.scope

    from raw_faults

)

select * from final
