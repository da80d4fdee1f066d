{#- Every row of a raw table, parsed and judged by the contract (the sources' YAML), with the fault of each column
    beside it. `parents` and `accepted_from` name the relations that a column is checked against: dbt needs the
    refs where it can see them. An absent table gives no row; a parent that was not supplied is not checked. -#}
{% macro checked_rows(domain, table, parents={}, accepted_from={}) %}
{%- set relation = source(domain, table) -%}
{%- if execute -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set raw_types = raw_column_types(table) -%}
{%- set is_present = raw_types | length > 0 -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set ruled = columns | rejectattr('name', 'in', unruled_columns(columns, keys)) | map(attribute='name') | list -%}
{%- set checked_parents = supplied_parents(contract, parents) -%}
with

raw_rows as (

    select
        {{ read_row_number() }} as read_row_number,
        {%- for column in columns %}
        {{ adapter.quote(column.name) if column.name in raw_types else 'cast(null as string)' }} as {{ column.name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation if is_present else '(select 1 as nothing where false) as nothing' }}

),

parsed_rows as (

    select
        *,
        {%- for column in columns %}
        {{ parsed_value(column.name ~ '_raw', column.data_type, raw_types.get(column.name, 'VARCHAR')) }} as {{ column.name }},
        {%- endfor %}
        concat_ws('|', {% for key in keys %}coalesce(cast({{ key }}_raw as string), ''){{ ', ' if not loop.last }}{% endfor %}) as row_key
    from raw_rows

),

judged_rows as (

    select
        parsed_rows.*,
        {%- for column in columns if column.name in ruled %}
        {{ column_fault(column, keys, column.name in checked_parents, column.name in accepted_from) }} as {{ column.name }}_fault,
        {%- endfor %}
        {{ duplicate_key_fault(columns, keys) }} as duplicate_key_fault
    from parsed_rows
    {%- for column, parent in checked_parents.items() %}
    -- a parent's key is unique, so this cannot multiply rows
    left join (select {{ parent.key }} as id from {{ parent.relation }}) as parent_of_{{ column }}
        on parsed_rows.{{ column }} = parent_of_{{ column }}.id
    {%- endfor %}
    {%- for column, reference in accepted_from.items() %}
    left join (select distinct {{ column }} as id from {{ reference }}) as accepted_{{ column }}
        on parsed_rows.{{ column }} = accepted_{{ column }}.id
    {%- endfor %}

)

select
    read_row_number,
    row_key,
    {%- for column in columns %}
    {{ column.name }},
    {%- if column.name in ruled %}
    {{ column.name }}_fault,
    case when {{ column.name }}_fault is not null then {{ as_written(column.name ~ '_raw', raw_types.get(column.name, 'VARCHAR')) }} end as {{ column.name }}_rejected_value,
    {%- endif %}
    {%- endfor %}
    duplicate_key_fault,
    coalesce({% for name in ruled %}{{ name }}_fault, {% endfor %}duplicate_key_fault) is null as is_accepted
from judged_rows
{%- else -%}
select 1 as read_row_number
{%- endif -%}
{% endmacro %}

{#- {column: DuckDB type} of a registered raw table, without case; empty when the table was not supplied. -#}
{% macro raw_column_types(table) %}
    {% set types = {} %}
    {% for row in run_query("select column_name, data_type from raw.registered_columns where table_name = '" ~ table ~ "'").rows %}
        {% do types.update({row[0]: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{% macro supplied_parents(contract, parents) %}
    {% set supplied = {} %}
    {% for column, relation in parents.items() %}
        {% set name = contract.columns[column].config.meta.parent %}
        {% if raw_column_types(name) %}
            {% set parent = contract_tables() | selectattr('name', 'equalto', name) | first %}
            {% do supplied.update({column: {'relation': relation, 'key': parent.config.meta.grain[0]}}) %}
        {% endif %}
    {% endfor %}
    {{ return(supplied) }}
{% endmacro %}
