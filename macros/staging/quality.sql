{#- What staging found, gathered over all tables of the contract. `tables`: (domain, table, relation of checked rows,
    relation of accepted rows). -#}

{#- `matters_from`: from when the row would matter, for which the next build looks; null where it cannot matter. -#}
{% macro faults_of(tables, interactions, scales) %}
    {{- adapter.dispatch('faults_of', 'book_of_business')(tables, interactions, scales) -}}
{% endmacro %}

{% macro default__faults_of(tables, interactions, scales) %}
{%- if execute -%}
select
    faults.table_name,
    faults.row_key,
    faults.column_name,
    faults.value,
    faults.rule,
    least(faults.own_date, cast(interactions.started_at as date)) as matters_from,
    faults.scope
from (
{%- for domain, table, relation in tables -%}
{%- set contract = contract_of(domain, table) -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set unruled = unruled_columns(columns, keys) -%}
{%- set outer_loop = loop -%}
{%- set meta = contract.config.meta -%}
{%- set dates = ['null'] -%}
{%- for name in dates_to_matter(contract) -%}{%- do dates.append('checked.' ~ name) -%}{%- endfor -%}
{%- set since -%}
    cast(least({{ dates | join(', ') }}) as date) as own_date,
    {{ 'checked.interaction_id' if meta.matters_with else 'cast(null as string)' }} as interaction_id
{%- endset -%}
{%- set source_rows = relation ~ ' as checked' -%}
{%- for column_name, value, rule, scope in fault_columns(contract) %}
select '{{ table }}' as table_name, checked.row_key, '{{ column_name }}' as column_name, {{ value }} as value, {{ rule }} as rule, '{{ scope }}' as scope, {{ since }}
from {{ source_rows }}
where {{ rule }} is not null{{ ' and not checked.is_accepted' if scope == 'row' }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{{ 'union all' if not outer_loop.last }}
{%- endfor -%}
) as faults
-- an interaction's id is unique
left join {{ interactions }} as interactions on faults.interaction_id = interactions.interaction_id
union all
{{ faults_of_columns(scales) }}
{%- else -%}
select 1 as table_name
{%- endif -%}
{% endmacro %}

{#- [(column_name, value, rule, scope)] of all faults that a checked row may have, as SQL over `checked`. -#}
{% macro fault_columns(contract) %}
    {%- set columns = contract.columns.values() | list -%}
    {%- set keys = contract.config.meta.grain -%}
    {%- set unruled = unruled_columns(columns, keys) -%}
    {%- set faults = [] -%}
    {%- for column in columns if column.name not in unruled -%}
        {%- do faults.append((column.name, 'checked.' ~ column.name ~ '_rejected_value', 'checked.' ~ column.name ~ '_fault', 'value' if column.config.meta.is_measure else 'row')) -%}
    {%- endfor -%}
    {%- if contract.name == 'account_assignments' -%}
        {%- do faults.append(('assigned_on', 'cast(checked.assigned_on as string)', 'checked.overlapping_assignment_fault', 'row')) -%}
    {%- endif -%}
    {%- if contract.name == 'interactions' or contract.config.meta.matters_with -%}
        {%- do faults.append(('interaction_id', 'checked.interaction_id', 'checked.copied_interaction_fault', 'row')) -%}
    {%- endif -%}
    {%- do faults.append((keys | join('|'), 'checked.row_key', 'checked.duplicate_key_fault', 'row')) -%}
    {{ return(faults) }}
{% endmacro %}

{#- One record for a column that is read from nowhere, because its scale is another. -#}
{% macro faults_of_columns(scales) -%}
    select
        scales.table_name,
        cast(null as string) as row_key,
        scales.column_name,
        -- one book of another scale makes a mixture of the whole: the book's is the one to convert
        coalesce(min(case when scales.book is not null then scales.scale end), min(scales.scale)) as value,
        'wrong_scale' as rule,
        cast(null as date) as matters_from,
        'column' as scope
    from {{ scales }} as scales
    group by scales.table_name, scales.column_name
{%- endmacro %}

{#- Columns of a raw table that nothing is read from, as they are called there. -#}
{% macro unread_columns_of(table) %}
    {{ return(run_query("select received_name from raw.registered_columns where table_name = '" ~ table
        ~ "' and not is_read order by position").columns[0].values() | join(', ')) }}
{% endmacro %}

{#- What int_raw_coverage says of each table without asking its rows, as a list of {domain, name, is_present, is_required,
    unread_columns, absent_columns, without_it, judged_columns: [{name, without_it}], copy_condition}; texts are written as
    in SQL literals. While dbt parses, only domain and name are known. -#}
{% macro coverage_facts() %}
    {%- set facts = [] -%}
    {%- for domain, table in raw_tables() -%}
        {%- if execute -%}
            {%- set contract = contract_of(domain, table) -%}
            {%- set meta = contract.config.meta -%}
            {%- set present = raw_column_types(table) -%}
            {%- set judged_columns = [] -%}
            {%- for column in contract.columns.values() | selectattr('config.meta.without_it', 'defined') -%}
                {%- do judged_columns.append({'name': column.name, 'without_it': column.config.meta.without_it | replace("'", "''")}) -%}
            {%- endfor -%}
            {%- do facts.append({
                'domain': domain,
                'name': table,
                'is_present': 'true' if present else 'false',
                'is_required': 'true' if meta.is_required else 'false',
                'unread_columns': unread_columns_of(table) | replace("'", "''"),
                'absent_columns': contract.columns.keys() | reject('in', present) | join(', ') if present else '',
                'without_it': (meta.without_it or 'no row of a required table was accepted') | replace("'", "''"),
                'judged_columns': judged_columns,
                'copy_condition': '(is_identical_copy or copied_interaction_fault is not null)'
                    if table == 'interactions' or meta.matters_with else 'is_identical_copy',
            }) -%}
        {%- else -%}
            {%- do facts.append({'domain': domain, 'name': table}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(facts) }}
{% endmacro %}

{#- What the contract says of each column, as rows of (table_name, column_name, parent_table, wanted, need), for whoever has to
    correct its values. -#}
{% macro contract_columns() %}
{%- if not execute -%}{{ return('select 1 as table_name') }}{%- endif -%}
{%- set forms = {
    'date': 'a date such as 2026-03-31', 'timestamp': 'a time such as 2026-03-31T14:05:00Z', 'double': 'a number such as 1234.5',
    'bigint': 'a whole number', 'boolean': 'true or false', 'varchar': 'text',
} -%}
{%- set rows = [] -%}
{%- for table in contract_tables() -%}
    {%- for column in table.columns.values() -%}
        {%- set meta = column.config.meta -%}
        {%- if meta.accepted_values -%}
            {%- set wanted = 'one of ' ~ meta.accepted_values | join(', ') -%}
        {%- elif meta.accepted_from -%}
            {%- set wanted = 'a row of seeds/reference/' ~ meta.accepted_from ~ '.csv' -%}
        {%- else -%}
            {%- set bounds = (' from ' ~ meta.minimum if meta.minimum is defined else '') ~ (' to ' ~ meta.maximum if meta.maximum is defined else '')
                ~ (' above ' ~ meta.above if meta.above is defined else '') -%}
            {%- set wanted = forms[column.data_type] ~ bounds -%}
        {%- endif -%}
        {%- do rows.append("('" ~ table.name ~ "', '" ~ column.name ~ "', " ~ ("'" ~ meta.parent ~ "'" if meta.parent else 'cast(null as string)')
            ~ ", '" ~ wanted | replace("'", "''") ~ "', '" ~ ('optional' if meta.is_optional else 'required') ~ "')") -%}
    {%- endfor -%}
{%- endfor -%}
select * from (values {{ rows | join(', ') }}) as contract_columns (table_name, column_name, parent_table, wanted, need)
{%- endmacro %}
