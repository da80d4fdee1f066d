{#- Before anything runs: one view per raw table that is there, in schema `raw`, and one message for all that a
    build cannot do without. A stale view of an earlier run would feed the build rows of another book. -#}
{% macro register_raw_data() %}
    {% if not execute or flags.WHICH not in ('run', 'build', 'test', 'compile', 'run-operation', 'show') %}
        {{ return('') }}
    {% endif %}
    {% if target.type == 'spark' %}
        {{ return(register_spark_tables()) }}
    {% endif %}
    {#- `make build` has just done it, in this process, to check the tables before anything is built -#}
    {% if flags.WHICH == 'build' and env_var('RAW_DATA_IS_REGISTERED', '') %}
        {{ return('') }}
    {% endif %}
    {% set tables = contract_tables() %}
    {% set problems = as_of_date_problems() %}
    {% set found = found_files(tables) %}
    {% set forms = raw_forms() %}
    {% set registered = [] %}
    {% set folders = ["('')"] %}
    {% do run_query('create schema if not exists raw') %}
    {% do run_query('create or replace table raw.registered_files as ' ~ parquet_files(found)) %}
    {% for table in tables %}
        {% set files = found.get(table.name, []) %}
        {% set relation = '"raw"."' ~ table.name ~ '"' %}
        {% do run_query('drop view if exists ' ~ relation) %}
        {% if files | length == 1 %}
            {#- told on the terminal: Dbt._listen -#}
            {% do log('reading ' ~ table.name) %}
            {% set form = forms.get(table.name, {}) %}
            {% set rows = read_files(files[0].kind, registered_files(table.name) if files[0].kind == 'parquet' else [files[0].pattern], form) %}
            {% do run_query('create view ' ~ relation ~ ' as ' ~ rows) %}
            {% set columns = received_columns(table, run_query('describe ' ~ relation).rows) %}
            {% set is_as_received = not columns | selectattr('is_renamed') | list and not form.get('decimal_commas') %}
            {% if not is_as_received %}
                {% do run_query('create or replace view ' ~ relation ~ ' as ' ~ contract_rows(columns, rows, form.get('decimal_commas', []))) %}
            {% endif %}
            {#- what is looked at file by file is read past the view, by the names of the files -#}
            {% if is_as_received and files[0].pattern.endswith('/**/*.parquet') and (table.config.meta.matters_from or table.config.meta.matters_with) %}
                {% do folders.append("('" ~ table.name ~ "')") %}
            {% endif %}
            {% do registered.extend(registered_rows(table, columns)) %}
            {% do problems.extend(missing_columns(table, columns, files[0].pattern)) %}
        {% elif files | length > 1 %}
            {% do problems.append('table ' ~ table.name ~ ' is there more than once: '
                ~ files | map(attribute='pattern') | join(', ') ~ '; keep one') %}
        {% elif table.config.meta.is_required %}
            {% do problems.append('table ' ~ table.name ~ ' is required; looked for ' ~ table.name ~ '.csv, '
                ~ table.name ~ '.parquet or a folder ' ~ table.name ~ '/ of Parquet files') %}
        {% endif %}
    {% endfor %}
    {% if problems %}
        {% do exceptions.raise_compiler_error('The raw data in ' ~ raw_data_directory() ~ ' cannot be built:\n  - '
            ~ problems | join('\n  - ') ~ '\nThe README says what each table needs ("Bring your own data").') %}
    {% endif %}
    {#- kept, because asking a view over files for its columns reads the files again, once for every model -#}
    {% do run_query('create or replace table raw.registered_columns as select * from (values '
        ~ registered | join(', ') ~ ') as registered (' ~ registered_names() ~ ')') %}
    {% do run_query('create or replace table raw.registered_folders as select * from (values '
        ~ folders | join(', ') ~ ") as registered (table_name) where table_name != ''") %}
    {#- now, not at the end: what is edited while a build runs is not what that build was made of -#}
    {% do run_query('create or replace table raw.current_project as ' ~ project_fingerprints()) %}
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

{#- A select of (table_name, file_name) of all Parquet that is there now. A build reads these files and no others: one that
    is there for a moment while it runs (an export that fails) would leave its rows in weeks that are kept, known to nobody. -#}
{% macro parquet_files(found) %}
    {% set selects = ["select '' as table_name, '' as file_name where false"] %}
    {% for table, candidates in found.items() %}
        {% for candidate in candidates if candidate.kind == 'parquet' %}
            {% do selects.append("select '" ~ table ~ "', file from glob(" ~ text_list([candidate.pattern]) ~ ")") %}
        {% endfor %}
    {% endfor %}
    {{ return(selects | join(' union all ')) }}
{% endmacro %}

{% macro registered_files(table) %}
    {{ return(run_query("select file_name from raw.registered_files where table_name = '" ~ table ~ "' order by file_name").columns[0].values()) }}
{% endmacro %}

{#- What is known of each received column: {received_name, name (the contract's, where it is read), data_type, is_read,
    is_renamed, position}. An exact name wins, in any case; else the one column with the same letters and digits, and none
    where two have them. `described`: rows of name and type; `by_letters`: whether others than exact names count. -#}
{% macro received_columns(table, described, by_letters=true) %}
    {% set exact = described | map(attribute=0) | map('lower') | list %}
    {% set folds = [] %}
    {% set contract_names = {} %}
    {% for column in described %}
        {% do folds.append(folded(column[0])) %}
    {% endfor %}
    {% for column in table.columns.values() %}
        {% set fold = folded(column.name) %}
        {% if column.name in exact %}
            {% do contract_names.update({exact.index(column.name): column.name}) %}
        {% elif by_letters and folds.count(fold) == 1 %}
            {% do contract_names.update({folds.index(fold): column.name}) %}
        {% endif %}
    {% endfor %}
    {% set columns = [] %}
    {% for column in described %}
        {% set name = contract_names.get(loop.index0, column[0] | lower) %}
        {% do columns.append({
            'received_name': column[0],
            'name': name,
            'data_type': column[1],
            'is_read': loop.index0 in contract_names,
            'is_renamed': name != column[0] | lower,
            'position': loop.index,
        }) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{#- A name by its letters and digits, as raw_columns.fold() in Python. -#}
{% macro folded(name) %}
    {{ return(modules.re.sub('[\\W_]+', '', name | lower)) }}
{% endmacro %}

{#- The received rows under the contract's names, commas of some columns made decimal points. What is not read keeps its name. -#}
{% macro contract_rows(columns, rows, decimal_commas) %}
    {% set selected = [] %}
    {% for column in columns %}
        {% set received = 'received.' ~ sql_name(column.received_name) %}
        {% set value = "replace(" ~ received ~ ", ',', '.')" if column.is_read and column.name in decimal_commas else received %}
        {% do selected.append(value ~ ' as ' ~ sql_name(column.name if column.is_renamed else column.received_name)) %}
    {% endfor %}
    {{ return('select ' ~ selected | join(', ') ~ ' from (' ~ rows ~ ') as received') }}
{% endmacro %}

{% macro sql_name(name) %}
    {{ return('"' ~ name | replace('"', '""') ~ '"') }}
{% endmacro %}

{#- Columns of raw.registered_columns, and its rows of one table as SQL. All columns are there, under the name that the view
    gives them and in the order in which they came; `is_read` are the contract's. -#}
{% macro registered_names() %}
    {{ return('table_name, column_name, data_type, received_name, is_read, position') }}
{% endmacro %}

{% macro registered_rows(table, columns) %}
    {% set rows = [] %}
    {% for column in columns %}
        {% do rows.append('(' ~ text_list([table.name, column.name, column.data_type, column.received_name]) ~ ', ' ~ ('true' if column.is_read else 'false') ~ ', ' ~ column.position ~ ')') %}
    {% endfor %}
    {{ return(rows) }}
{% endmacro %}

{% macro missing_columns(table, columns, place) %}
    {% set problems = [] %}
    {% set read = columns | selectattr('is_read') | map(attribute='name') | list %}
    {% set received = columns | map(attribute='received_name') | list %}
    {% for column in table.columns.values() %}
        {% if column.name not in read and not column.config.meta.is_optional %}
            {% set found = received | join(', ') %}
            {% set fitting = [] %}
            {% for name in received if folded(name) == folded(column.name) %}
                {% do fitting.append(name) %}
            {% endfor %}
            {% if fitting %}
                {% do problems.append('table ' ~ table.name ~ ' has ' ~ fitting | join(' and ') ~ ' for the required column '
                    ~ column.name ~ ' in ' ~ place ~ ': call the right one ' ~ column.name) %}
            {% else %}
                {% do problems.append('table ' ~ table.name ~ ' lacks the required column ' ~ column.name ~ ' in ' ~ place
                    ~ ' (it has: ' ~ found ~ ')' ~ (' - is it separated by semicolons? `make build` reads that; dbt alone reads commas' if ';' in found else '')
                    ~ (' - the file is empty' if found == 'column0' else '')) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}

{#- A date that is not one stops the build; one that is not a Sunday means the last Sunday before it, and says so. -#}
{% macro as_of_date_problems() %}
    {% set given = var('as_of_date', '') or env_var('AS_OF_DATE', '') %}
    {% if not given %}
        {{ return([]) }}
    {% endif %}
    {% set quoted = "'" ~ given | replace("'", "''") ~ "'" %}
    {% set row = run_query("select strftime(try_cast(" ~ quoted ~ " as date), '%A'), cast(" ~ days_after(week_start(days_after('try_cast(' ~ quoted ~ ' as date)', 1)), -1) ~ " as varchar)").rows[0] %}
    {% if row[0] is none or not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', given) %}
        {{ return(['AS_OF_DATE is ' ~ given ~ ', which is not a date; give YYYY-MM-DD, for example 2026-06-28']) }}
    {% endif %}
    {% if row[0] != 'Sunday' %}
        {% do log('AS_OF_DATE ' ~ given ~ ' is a ' ~ row[0] ~ ': the book is measured at Sunday ' ~ row[1], info=true) %}
    {% endif %}
    {{ return([]) }}
{% endmacro %}
