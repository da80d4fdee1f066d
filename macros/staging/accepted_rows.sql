{#- The accepted rows of a raw table, as a select: read in place where nothing is the matter with their key. -#}
{% macro accepted_rows(domain, table, checked, scales=none) %}
{%- set relation = source(domain, table) -%}
{%- if execute -%}
{%- set contract = contract_of(domain, table) -%}
{%- set raw_types = raw_column_types(table) -%}
{%- set columns = contract.columns.values() | list %}
select
    {%- for column in columns %}
    {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ checked }}
where is_accepted
{%- if is_read_in_place(table) %}
union all
select
    {%- for column in columns %}
    {{ sound_value(column, raw_types, scales) }} as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }} as received_rows
-- each key stands there once
left join (select distinct suspect_key as looked_at_key from {{ checked }}) as looked_at
    on {{ suspect_key(contract, raw_types) }} = looked_at.looked_at_key
where looked_at.looked_at_key is null
{%- endif %}
{%- else -%}
select 1 as nothing
{%- endif -%}
{% endmacro %}

{#- A number for what rows are looked at together: the key, or what holds several keys (`looked_at_by`: a week of days).
    Rows of two keys that share a number by chance are looked at both. -#}
{% macro suspect_key(contract, raw_types) -%}
    {%- set parts = [] -%}
    {%- for name in contract.config.meta.grain -%}
        {%- set raw = adapter.quote(name) if name in raw_types else 'cast(null as string)' -%}
        {%- set data_type = contract.columns[name].data_type -%}
        {%- set values = contract.columns[name].config.meta.accepted_values -%}
        {%- if name == contract.config.meta.looked_at_by_week -%}
            {%- do parts.append(week_start(parsed_value(raw, data_type, raw_types.get(name, 'VARCHAR')))) -%}
        {%- elif is_native(data_type, raw_types.get(name, 'VARCHAR')) and not values -%}
            {%- do parts.append(raw) -%}
        {%- else -%}
            {%- do parts.append('coalesce(cast(' ~ parsed_column(contract.columns[name], raw, raw_types.get(name, 'VARCHAR')) ~ ' as string), cast(' ~ raw ~ ' as string))') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ row_hash(parts) }}
{%- endmacro %}

{#- Whether a raw column has the type of the contract, so that reading it is parsing it. -#}
{% macro is_native(data_type, raw_type) %}
    {{ return(raw_type in {
        'varchar': ['VARCHAR'],
        'date': ['DATE'],
        'timestamp': ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
        'boolean': ['BOOLEAN'],
        'double': ['DOUBLE', 'BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT'],
        'bigint': ['BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT'],
    }[data_type]) }}
{% endmacro %}

{#- Whether the rows of a raw table stay in their files: all of its columns are native there. -#}
{% macro is_read_in_place(table) %}
    {% set raw_types = raw_column_types(table) %}
    {% set contract = contract_tables() | selectattr('name', 'equalto', table) | first %}
    {% for column in contract.columns.values() %}
        {% if column.name in raw_types and not is_native(column.data_type, raw_types[column.name]) %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {{ return(raw_types | length > 0 and not contract.config.meta.is_kept_whole) }}
{% endmacro %}

{#- A native value of a sound row: as it is, so that a date that is asked for keeps files closed that do not hold it. -#}
{% macro sound_value(column, raw_types, scales=none) -%}
    {%- if scales and column.config.meta.is_measure and column.name in raw_types -%}
        case when not {{ has_wrong_scale(scales, column.name) }} then {{ sound_value(column, raw_types) }} end
    {%- elif column.name not in raw_types -%}
        cast(null as {{ 'string' if column.data_type == 'varchar' else column.data_type }})
    {%- elif column.data_type == 'varchar' and column.config.meta.is_optional -%}
        nullif(received_rows.{{ adapter.quote(column.name) }}, '')
    {%- elif raw_types[column.name] == 'TIMESTAMP WITH TIME ZONE' -%}
        {{ instant_in_utc('received_rows.' ~ adapter.quote(column.name)) }}
    {%- elif column.data_type in ('bigint', 'double') and raw_types[column.name] != column.data_type | upper -%}
        cast(received_rows.{{ adapter.quote(column.name) }} as {{ column.data_type }})
    {%- else -%}
        received_rows.{{ adapter.quote(column.name) }}
    {%- endif -%}
{%- endmacro %}
