{#- The values of the columns that have a scale, as a select of table_name, column_name, part, book (a csm_id, or null), value.
    `judged`: (domain, table, column, part, book) as SQL over the raw columns; a column that is not there gives no row. -#}
{% macro scaled_values(judged) %}
{%- set selects = [] -%}
{%- for domain, table, column, part, book in judged -%}
    {%- set relation = source(domain, table) -%}
    {%- set raw_types = raw_column_types(table) if execute else {} -%}
    {%- if column in raw_types and (not book or book in raw_types) and (not part or part in raw_types) -%}
        {%- set value = parsed_value(adapter.quote(column), 'double', raw_types[column]) -%}
        {%- set select -%}
select
    '{{ table }}' as table_name,
    '{{ column }}' as column_name,
    {{ folded_word('cast(' ~ part ~ ' as string)') if part else "cast(null as string)" }} as part,
    {{ 'cast(' ~ adapter.quote(book) ~ ' as string)' if book else 'cast(null as string)' }} as book,
    {{ value }} as value
from {{ relation }}
where {{ value }} is not null
        {%- endset -%}
        {%- do selects.append(select) -%}
    {%- endif -%}
{%- endfor -%}
{{ selects | join('\nunion all\n') or "select '' as table_name, '' as column_name, '' as part, '' as book, cast(0 as double) as value where false" }}
{%- endmacro %}

{#- Columns beside amounts of money that name their currency, as a select of table_name, column_name, currency. -#}
{% macro named_currencies(tables) %}
{%- set selects = [] -%}
{%- for domain, table in tables -%}
    {%- set relation = source(domain, table) -%}
    {%- set unread = run_query("select column_name, received_name from raw.registered_columns where table_name = '" ~ table
        ~ "' and not is_read order by position").rows if execute else [] -%}
    {%- for row in unread if 'currency' in modules.re.sub('[^a-z]', '', row[0] | lower) -%}
        {%- do selects.append("select '" ~ table ~ "' as table_name, '" ~ row[1] | replace("'", "''") ~ "' as column_name, upper(trim(cast("
            ~ adapter.quote(row[0]) ~ " as string))) as currency from " ~ relation) -%}
    {%- endfor -%}
{%- endfor -%}
{{ selects | join('\nunion all\n') or "select '' as table_name, '' as column_name, '' as currency where false" }}
{%- endmacro %}

{#- Columns of a raw table in the types of the contract, as a select; without the table or a column, no row or null. -#}
{% macro raw_columns(domain, table, names) %}
{%- set contract = contract_of(domain, table) if execute else none -%}
{%- set raw_types = raw_column_types(table) if execute else {} -%}
{%- set relation = source(domain, table) -%}
select
    {%- for name in names %}
    {{ parsed_value('received.' ~ adapter.quote(name), contract.columns[name].data_type, raw_types[name]) if name in raw_types
        else 'cast(null as ' ~ ('double' if name.endswith('_usd') else 'string') ~ ')' }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation if raw_types else '(select 1 as nothing where false)' }} as received
{%- endmacro %}
