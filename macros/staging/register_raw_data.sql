{#- Before anything runs: one view per raw table that is there, in schema `raw`, and one message for all that a
    build cannot do without. A stale view of an earlier run would feed the build rows of another book. -#}
{% macro register_raw_data() %}
    {% if not execute or flags.WHICH not in ('run', 'build', 'test', 'compile', 'run-operation', 'show') %}
        {{ return('') }}
    {% endif %}
    {% set tables = contract_tables() %}
    {% set problems = [] %}
    {% set found = found_files(tables) %}
    {% do run_query('create schema if not exists raw') %}
    {% for table in tables %}
        {% set files = found.get(table.name, []) %}
        {% set relation = '"raw"."' ~ table.name ~ '"' %}
        {% if files | length == 0 %}
            {% do run_query('drop view if exists ' ~ relation) %}
            {% if table.config.meta.is_required %}
                {% do problems.append('table ' ~ table.name ~ ' is required; looked for ' ~ table.name ~ '.csv, '
                    ~ table.name ~ '.parquet or a folder ' ~ table.name ~ '/ of Parquet files') %}
            {% endif %}
        {% elif files | length > 1 %}
            {% do problems.append('table ' ~ table.name ~ ' is there more than once: '
                ~ files | map(attribute='pattern') | join(', ') ~ '; keep one') %}
        {% else %}
            {% do run_query('create or replace view ' ~ relation ~ ' as ' ~ read_files(files[0].kind, files[0].pattern)) %}
            {% do problems.extend(missing_columns(table, files[0].pattern)) %}
        {% endif %}
    {% endfor %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('The raw data in ' ~ raw_data_directory() ~ ' cannot be built:\n  - '
            ~ problems | join('\n  - ') ~ '\nThe README says what each table needs ("Bring your own data").') %}
    {% endif %}
{% endmacro %}

{#- The contract's tables, as the sources' YAML has them. -#}
{% macro contract_tables() %}
    {{ return(graph.sources.values() | selectattr('package_name', 'equalto', project_name) | sort(attribute='unique_id')) }}
{% endmacro %}

{#- {table: [{kind, pattern}]} for every candidate that matches at least one file, in one query. A folder
    `interactions` may hold parts of that table or be the folder of its domain: the names of its files tell. -#}
{% macro found_files(tables) %}
    {% set probes = [] %}
    {% set names = tables | map(attribute='name') | join('|') %}
    {% for table in tables %}
        {% for candidate in raw_candidates(table.source_name, table.name) %}
            {% do probes.append("select '" ~ table.name ~ "' as table_name, '" ~ candidate.kind ~ "' as kind, '"
                ~ candidate.pattern | replace("'", "''") ~ "' as pattern where exists (select 1 from glob('"
                ~ candidate.pattern | replace("'", "''") ~ "'))"
                ~ (" and not exists (select 1 from glob('" ~ candidate.pattern | replace("'", "''")
                    ~ "') where regexp_matches(file, '/" ~ table.name ~ "/(" ~ names ~ ")([.]parquet$|/)'))"
                    if table.name == table.source_name and candidate.pattern.endswith('/**/*.parquet') else '')) %}
        {% endfor %}
    {% endfor %}
    {% set found = {} %}
    {% for row in run_query(probes | join(' union all ')).rows %}
        {% do found.setdefault(row[0], []).append({'kind': row[1], 'pattern': row[2]}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{% macro missing_columns(table, place) %}
    {% set problems = [] %}
    {% set present = run_query('describe "raw"."' ~ table.name ~ '"').columns[0].values() | map('lower') | list %}
    {% for column in table.columns.values() %}
        {% if column.name not in present and not column.config.meta.is_optional %}
            {% set found = present | join(', ') %}
            {% do problems.append('table ' ~ table.name ~ ' lacks the required column ' ~ column.name ~ ' in ' ~ place
                ~ ' (it has: ' ~ found ~ ')' ~ (' - is it separated by semicolons? The contract wants commas' if ';' in found else '')) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}
