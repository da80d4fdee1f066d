{#- Which rows of a table that is read in place need a second look: rows with a fault, and keys that stand there twice.
    `joins`: to the parents that a column is checked against.

    Where files were only added since the last whole run, only these are gone through. Of the other rows that run found out
    all, and what it found stands, unless the key arrives again or the parent is accepted no more. `copied_by`: columns that two
    rows under different keys may share only by mistake. -#}
{% macro suspect_keys(contract, raw_types, checked_parents, accepted_from, joins, copies, scales, copied_by) -%}
{%- set table = contract.name -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set unruled = unruled_columns(columns, keys) -%}
{%- set has_grown = has_only_grown(table, checked_parents) -%}
{%- set arrived -%}
    {%- if has_grown -%}
        ({{ received_rows('(' ~ rows_of_files(table, changed_files(table)) ~ ')', contract, raw_types) }})
    {%- else -%}
        received_rows
    {%- endif -%}
{%- endset %}
    select suspect_key
    from (select * from ({{ parsed_rows(arrived ~ ' as arrived_rows', columns, keys, raw_types) }}) as parsed_rows) as parsed_rows
    {{- joins }}
    where not ({% for column in columns if column.name not in unruled %}
        {{ column_fault(column, keys, column.name in checked_parents, column.name in accepted_from, raw_types, scales) }} is null{{ ' and' if not loop.last }}
        {%- endfor %}
        {%- for column in columns if column.config.meta.accepted_values %}
        and not {{ is_in_plain_form(column, column.name ~ '_raw', raw_types.get(column.name, 'VARCHAR'), 'parsed_rows.' ~ column.name) }}
        {%- endfor %}
        {%- for column in accepted_from %}
        and (parsed_rows.{{ column }} is null or accepted_{{ column }}.id is not null)
        {%- endfor %}
    )
    {%- if copies %}
    union
    select suspect_key
    from received_rows
    where interaction_id_raw in (select interaction_id from {{ copies }} union all select kept_interaction_id from {{ copies }})
    {%- endif %}
    {%- if copied_by %}
    union
    select received_rows.suspect_key
    from received_rows
    where {{ copied_hash(copied_by) }} in (
        select {{ copied_hash(copied_by) }}
        from received_rows
        {%- if has_grown %}
        where {{ copied_hash(copied_by) }} in (select {{ copied_hash(copied_by) }} from {{ arrived }} as arrived_rows)
        {%- endif %}
        group by {{ copied_hash(copied_by) }}
        having count(*) > 1
    )
    {%- endif %}
    union
    select suspect_key
    from received_rows
    {%- if has_grown %}
    where suspect_key in (select arrived_rows.suspect_key from {{ arrived }} as arrived_rows)
    {%- endif %}
    group by suspect_key
    having count(*) > 1
    {%- if has_grown %}
    union
    select suspect_key from raw.finished_suspects where table_name = '{{ table }}'
    {%- for column, parent in checked_parents.items() if parent.table in tables_that_grew() %}
    union
    select suspect_key from received_rows where {{ column }}_raw in (select {{ parent.key }} from {{ parent.checked }} where not is_accepted)
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{% macro copied_hash(columns) -%}
    {%- set parts = [] -%}
    {%- for name in columns -%}{%- do parts.append(name ~ '_raw') -%}{%- endfor -%}
    {{ row_hash(parts) }}
{%- endmacro %}

{#- A select of the columns of the contract as received, and of the number for what is looked at together. -#}
{% macro received_rows(relation, contract, raw_types) -%}
    select
        {%- for column in contract.columns.values() %}
        {{ adapter.quote(column.name) if column.name in raw_types else 'cast(null as string)' }} as {{ column.name }}_raw,
        {%- endfor %}
        {{ suspect_key(contract, raw_types) }} as suspect_key
    from {{ relation }}
{%- endmacro %}

{#- Whether all files of the last whole run are there as they were, and no row lost its parent without a word in its files. -#}
{% macro has_only_grown(table, checked_parents) %}
    {% if not execute or flags.WHICH not in ('run', 'build') or target.type != 'duckdb' or not load_cached_relation(this)
        or table not in tables_that_grew() %}
        {{ return(false) }}
    {% endif %}
    {% set followed = run_query('select distinct table_name from raw.finished_keys').columns[0].values() %}
    {% for parent in checked_parents.values() if parent.table not in tables_that_grew() %}
        {% if parent.table not in followed or run_query('select key_hash from raw.finished_keys where table_name = ' ~ "'" ~ parent.table
            ~ "' except select hash(" ~ parent.key ~ ') from ' ~ parent.relation ~ ' limit 1').rows %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}

{#- Tables in folders of which each file that the last whole run read is there as it was; none if everything is built. -#}
{% macro tables_that_grew() %}
    {{ return(run_query('select table_name from raw.changed_tables where has_only_grown and not (select is_full from raw.rebuild)').columns[0].values()) }}
{% endmacro %}

{#- Selects of (table_name, suspect_key), for the next run: raw.finished_suspects. -#}
{% macro suspects_of_folders() %}
    {% set selects = ["select '' as table_name, cast(0 as ubigint) as suspect_key where false"] %}
    {% for table in contract_tables() if table.name in run_query('select table_name from raw.registered_folders').columns[0].values() %}
        {% if is_read_in_place(table.name) %}
            {% do selects.append("select distinct '" ~ table.name ~ "', suspect_key from " ~ checked_relation(table)) %}
        {% endif %}
    {% endfor %}
    {{ return(selects | join(' union all ')) }}
{% endmacro %}

{#- What checked_rows() made of a table of the contract. -#}
{% macro checked_relation(contract) %}
    {{ return('staging.base_' ~ contract.source_name ~ '__' ~ contract.name) }}
{% endmacro %}
