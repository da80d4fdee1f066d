{#- The raw tables on Spark are tables of the database `raw`: `make spark-build` registers files there, a cluster has its
    own. What is there is written down once, with DuckDB's names of types, which the contract's checks ask for. Files come
    under the contract's names already; tables of a cluster are nobody's to rename, so their names must be exact. -#}
{% macro register_spark_tables() %}
    {% set registered = [] %}
    {% set problems = [] %}
    {% do run_query('create database if not exists raw') %}
    {% set present = run_query('show tables in raw').columns['tableName'].values() | list %}
    {% set received_names = spark_received_names() if 'received_columns' in present else {} %}
    {% for table in contract_tables() %}
        {% if table.name in present %}
            {% set described = [] %}
            {% set seen = [] %}
            {% for column in run_query('describe table raw.' ~ table.name).rows if column[0] and not column[0].startswith('#') and column[0] | lower not in seen %}
                {% do seen.append(column[0] | lower) %}
                {% do described.append([column[0], duckdb_type(column[1])]) %}
            {% endfor %}
            {% set columns = received_columns(table, described, by_letters=false) %}
            {% for column in columns %}
                {% do column.update(received_names.get(table.name ~ '.' ~ column.name, {})) %}
            {% endfor %}
            {% do registered.extend(registered_rows(table, columns)) %}
            {% do problems.extend(missing_columns(table, columns, 'raw.' ~ table.name)) %}
        {% elif table.config.meta.is_required %}
            {% do problems.append('table ' ~ table.name ~ ' is required; looked for raw.' ~ table.name) %}
        {% endif %}
    {% endfor %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('The raw data cannot be built:\n  - ' ~ problems | join('\n  - ')) %}
    {% endif %}
    {% do run_query('drop table if exists raw.registered_columns') %}
    {% do run_query('create table raw.registered_columns as select * from values ' ~ registered | join(', ') ~ ' as registered (' ~ registered_names() ~ ')') %}
{% endmacro %}

{#- {table.column: {received_name, position}} of files, as src/book_of_business/spark/raw_files.py found them. -#}
{% macro spark_received_names() %}
    {% set names = {} %}
    {% for row in run_query('select table_name, column_name, received_name, position from raw.received_columns').rows %}
        {% do names.update({row[0] ~ '.' ~ row[1]: {'received_name': row[2], 'position': row[3]}}) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}

{#- What DuckDB calls a type of Spark. -#}
{% macro duckdb_type(spark_type) %}
    {%- set names = {'string': 'VARCHAR', 'int': 'INTEGER', 'timestamp_ntz': 'TIMESTAMP', 'timestamp': 'TIMESTAMP WITH TIME ZONE'} -%}
    {{ return(names.get(spark_type, spark_type | upper)) }}
{% endmacro %}

{#- A seed in one statement. dbt-spark's own way puts texts between quotes as they are, so that an apostrophe ends them,
    and takes `varchar` only with a length. -#}
{% macro spark__create_csv_table(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
        {%- do columns.append('cast(' ~ adapter.quote(name) ~ ' as ' ~ ('string' if type == 'varchar' else type) ~ ') as ' ~ adapter.quote(name)) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set values = [] -%}
        {%- for value in row -%}
            {%- do values.append('cast(null as string)' if value is none else "'" ~ (value | string | replace('\\', '\\\\') | replace("'", "''")) ~ "'") -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {#- Spark takes no VALUES without a row: a seed that is a header alone gets a row of nulls that no one sees. -#}
    {%- set nulls = '(' ~ (['cast(null as string)'] * columns | length) | join(', ') ~ ')' -%}
    {%- set sql -%}
        create table {{ this.render() }} {{ file_format_clause() }} {{ location_clause() }} as
        select {{ columns | join(', ') }}
        from values {{ rows | join(', ') or nulls }} as seed ({{ agate_table.column_names | map('lower') | join(', ') }})
        {{ '' if rows else 'where false' }}
    {%- endset -%}
    {% call statement('create_seed') -%}{{ sql }}{%- endcall %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {{ return('-- its rows came with the table') }}
{% endmacro %}
