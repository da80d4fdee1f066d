-- Grain: one row per table_name, column_name and rule that rejects rows for a reason of their own.
-- Why: causes are reported before effects, and first the one whose correction saves most rows.
with

faults as (

    select * from {{ ref('int_raw_faults') }}
    where scope = 'row' and rule != 'copied_interaction'

),

effects as (

    select * from {{ ref('int_raw_effects') }}

),

contract_columns as (

    select * from {{ ref('int_raw_columns') }}

),

coverage as (

    select * from {{ ref('int_raw_coverage') }}

),

rejected_keys as (

    select distinct
        faults.table_name,
        faults.row_key
    from faults

),

own_rows as (

    select
        faults.table_name,
        faults.column_name,
        faults.rule,
        faults.value,
        contract_columns.parent_table,
        contract_columns.wanted,
        count(*) as row_count

    from faults
    left join contract_columns
        on faults.table_name = contract_columns.table_name and faults.column_name = contract_columns.column_name
    left join rejected_keys
        on
            faults.rule = 'unknown_parent'
            and contract_columns.parent_table = rejected_keys.table_name
            and faults.value = rejected_keys.row_key
    where rejected_keys.table_name is null
    group by
        faults.table_name, faults.column_name, faults.rule, faults.value,
        contract_columns.parent_table, contract_columns.wanted

),

dependent_rows as (

    select
        effects.table_name,
        effects.column_name,
        effects.rule,
        effects.value,
        count(distinct concat(effects.dependent_table_name, '|', effects.dependent_row_key)) as dependent_count

    from effects
    group by effects.table_name, effects.column_name, effects.rule, effects.value

),

by_value as (

    select
        own_rows.*,
        coalesce(dependent_rows.dependent_count, 0) as dependent_count,
        row_number() over (
            partition by own_rows.table_name, own_rows.column_name, own_rows.rule
            order by own_rows.row_count + coalesce(dependent_rows.dependent_count, 0) desc, own_rows.value
        ) as place

    from own_rows
    left join dependent_rows
        on
            own_rows.table_name = dependent_rows.table_name
            and own_rows.column_name = dependent_rows.column_name
            and own_rows.rule = dependent_rows.rule
            and own_rows.value is not distinct from dependent_rows.value

),

final as (

    select
        by_value.table_name,
        by_value.column_name,
        by_value.rule,
        cast(sum(by_value.row_count) as bigint) as row_count,
        cast(sum(by_value.dependent_count) as bigint) as dependent_count,
        count(*) as value_count,
        max(by_value.parent_table) as parent_table,
        max(by_value.wanted) as wanted,
        max(coverage.read_count) as read_count,
        max(case when by_value.place = 1 then by_value.value end) as worst_value,
        max(case when by_value.place = 1 then by_value.dependent_count end) as worst_dependent_count
    from by_value
    inner join coverage on by_value.table_name = coverage.table_name
    group by by_value.table_name, by_value.column_name, by_value.rule

)

select * from final
