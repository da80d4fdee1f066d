-- Grain: one row per fault that has its cause in the row itself and rejected row of another table that depends on it.
-- Why: one CSM that appears twice rejects a quarter of all conversations; whoever fixes it has to read that first.
with

faults as (

    select * from {{ ref('int_raw_faults') }}
    where scope = 'row' and rule != 'copied_interaction'

),

contract_columns as (

    select * from {{ ref('int_raw_columns') }}

),

rejected_keys as (

    select distinct
        faults.table_name,
        faults.row_key

    from faults

),

-- Rows that are rejected for nothing but their parent.
followers as (

    select
        faults.table_name,
        faults.row_key,
        faults.column_name,
        contract_columns.parent_table,
        faults.value as parent_key

    from faults
    inner join contract_columns
        on faults.table_name = contract_columns.table_name and faults.column_name = contract_columns.column_name
    inner join rejected_keys
        on contract_columns.parent_table = rejected_keys.table_name and faults.value = rejected_keys.row_key
    where faults.rule = 'unknown_parent'

),

causes as (

    select distinct
        faults.table_name,
        faults.column_name,
        faults.rule,
        faults.value,
        faults.row_key

    from faults
    left join followers
        on
            faults.table_name = followers.table_name
            and faults.row_key = followers.row_key
            and faults.column_name = followers.column_name
    where faults.rule != 'unknown_parent' or followers.table_name is null

),

direct as (

    select
        causes.*,
        followers.table_name as dependent_table_name,
        followers.row_key as dependent_row_key

    from causes
    inner join followers on causes.table_name = followers.parent_table and causes.row_key = followers.parent_key

),

final as (

    select * from direct
    union distinct
    select
        direct.table_name,
        direct.column_name,
        direct.rule,
        direct.value,
        direct.row_key,
        followers.table_name as dependent_table_name,
        followers.row_key as dependent_row_key
    from direct
    inner join followers
        on direct.dependent_table_name = followers.parent_table and direct.dependent_row_key = followers.parent_key

)

select * from final
