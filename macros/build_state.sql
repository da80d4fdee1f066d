{#- What a build remembers. `raw.whole_run`: schema `marts` holds the marts of one whole run, what `publish` asks before it
    shows them to anyone. `raw.finished_*`: the raw data and the project as the last whole run found them; replaced at the
    end of the next in one transaction. `raw.unfinished_run`: the earliest week that a run since then began to build again:
    until one ends, rows from there on may be of any run. -#}

{#- At the start of a run that changes marts they are no longer of one run. -#}
{% macro begin_run() %}
    {% if not execute or flags.WHICH not in ('run', 'build') or target.type != 'duckdb' %}
        {{ return('') }}
    {% endif %}
    {% do run_query('drop table if exists raw.whole_run') %}
    {% do run_query('create table if not exists raw.finished_weeks (table_name varchar, part varchar, week_start_date date, row_count bigint, hash_sum hugeint)') %}
    {% do run_query('create table if not exists raw.finished_run (kind varchar, name varchar, value varchar)') %}
    {% do run_query('create table if not exists raw.unfinished_run (rebuild_from date)') %}
    {% do run_query('create table if not exists raw.finished_keys (table_name varchar, key_hash ubigint, row_hash ubigint)') %}
    {% do run_query('create table if not exists raw.finished_suspects (table_name varchar, suspect_key ubigint)') %}
    {% do run_query('create table if not exists raw.finished_faults (table_name varchar, row_key varchar, column_name varchar, value varchar, rule varchar, matters_from date, scope varchar)') %}
    {% do run_query('alter table raw.finished_faults add column if not exists scope varchar') %}
    {% set reason = reason_to_rebuild_everything() %}
    {% do find_changed_files(reason != '') %}
    {#- a selection without the model that finds the week is a try: what it holds is built from the beginning -#}
    {% set is_whole = 'model.' ~ project_name ~ '.int_rebuild' in selected_resources %}
    {% set kept = selected_incremental_models() %}
    {% set is_full = reason or not is_whole %}
    {% do run_query("create or replace table raw.rebuild as select " ~ ("date '" ~ the_beginning() ~ "'" if is_full else 'cast(null as date)')
        ~ " as rebuild_from, '" ~ (reason or 'a selection was built') ~ "' as reason, " ~ ('true' if is_full else 'false') ~ " as is_full") %}
    {% if kept and (reason or not is_whole or kept | length < incremental_models() | length) %}
        {% do run_query("insert into raw.unfinished_run values (date '" ~ the_beginning() ~ "')") %}
    {% endif %}
    {% if is_full %}
        {% do drop_models(kept) %}
    {% endif %}
{% endmacro %}

{#- The hook of int_rebuild: first what would be half-done if the run were killed now, then the week itself. -#}
{% macro announce_rebuild() %}
    {% if not execute or target.type != 'duckdb' %}
        {{ return('') }}
    {% endif %}
    {% set decision = run_query('select cast(rebuild_from as varchar), reason, is_full from ' ~ this).rows[0] %}
    {% do run_query('insert into raw.unfinished_run select rebuild_from from ' ~ this) %}
    {% do run_query('create or replace table raw.rebuild as select * from ' ~ this) %}
    {% do follow_interactions(decision[2]) %}
    {% if decision[2] %}
        {% do drop_models(incremental_models() | rejectattr('schema', 'equalto', 'staging') | list) %}
        {% do log('Rebuilding everything: ' ~ decision[1], info=true) %}
    {% elif decision[1].startswith('nothing') %}
        {% do log('Nothing changed since the last build', info=true) %}
    {% else %}
        {% do log('Rebuilding from ' ~ decision[0] ~ ' (' ~ decision[1] ~ ')', info=true) %}
    {% endif %}
{% endmacro %}

{% macro incremental_models() %}
    {{ return(graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('package_name', 'equalto', project_name)
        | selectattr('config.materialized', 'equalto', 'incremental') | list) }}
{% endmacro %}

{% macro selected_incremental_models() %}
    {{ return(incremental_models() | selectattr('unique_id', 'in', selected_resources) | list) }}
{% endmacro %}

{#- By way of the adapter, so that dbt knows they are gone and recreates them with their present columns. -#}
{% macro drop_models(models) %}
    {% for model in models %}
        {% set relation = load_cached_relation(api.Relation.create(database=model.database, schema=model.schema, identifier=model.alias)) %}
        {% if relation %}
            {% do adapter.drop_relation(relation) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#- At its end: all models and reference tables, nothing failed. Marts and reference tables that the project no longer has go, or they would be published for ever. -#}
{% macro remember_whole_run(results) %}
    {% if not execute or target.type != 'duckdb' or flags.WHICH not in ('run', 'build') or invocation_args_dict.get('select') %}
        {{ return('') }}
    {% endif %}
    {% if results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {{ return('') }}
    {% endif %}
    {#- with reference tables that were loaded before, it is not known what they are made of -#}
    {% set nodes = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) | list %}
    {% if nodes | rejectattr('unique_id', 'in', selected_resources) | list %}
        {{ return('') }}
    {% endif %}
    {% set published = nodes | selectattr('schema', 'in', ['marts', 'reference']) | map(attribute='name') | list %}
    {% for row in run_query("select table_name, case table_type when 'VIEW' then 'view' else 'table' end, table_schema from information_schema.tables where table_catalog = current_database() and table_schema in ('marts', 'reference')").rows %}
        {% if row[0] not in published %}
            {% do run_query('drop ' ~ row[1] ~ ' ' ~ row[2] ~ '."' ~ row[0] ~ '"') %}
        {% endif %}
    {% endfor %}
    {% do run_query(finished_state()) %}
    {% do run_query("create table raw.whole_run as select " ~ nodes | selectattr('schema', 'equalto', 'marts') | list | length ~ " as mart_count") %}
{% endmacro %}

{#- One transaction: a run that is killed here leaves the state of the run before. -#}
{% macro finished_state() %}
    {{ return("begin; create or replace table raw.finished_weeks as select * from intermediate.int_raw_weeks;"
        ~ " create or replace table raw.finished_keys as select * from intermediate.int_raw_keys;"
        ~ " create or replace table raw.finished_faults as select * from intermediate.int_raw_faults;"
        ~ " create or replace table raw.finished_suspects as " ~ suspects_of_folders() ~ ";"
        ~ " create or replace table raw.finished_files as select table_name, file_name, file_size,"
        ~ " case when changed_at < looked_at - interval 3 second then changed_at end as changed_at, first_week"
        ~ " from raw.current_files cross join (select max(looked_at) as looked_at from raw.looked_at);"
        ~ " create or replace table raw.finished_run as select 'project' as kind, name, value from raw.current_project"
        ~ " union all select 'build', 'project_version', regexp_extract(content, '(?m)^version: \"([^\"]+)\"', 1) from read_text('dbt_project.yml')"
        ~ " union all select 'build', 'dbt_version', '" ~ dbt_version ~ "'"
        ~ " union all select 'build', 'is_bundled_book', '" ~ (raw_data_directory() == 'seeds') | lower ~ "'"
        ~ " union all select 'clock', 'as_of_date', cast(as_of_date as varchar) from intermediate.int_clock"
        ~ " union all select 'clock', 'first_week_start_date', cast(first_week_start_date as varchar) from intermediate.int_clock"
        ~ " union all select 'first renewal', 'created_on', created_on from (" ~ first_renewal('staging.stg_crm__opportunities', 'intermediate.int_clock') ~ ")"
        ~ " union all select 'coverage', table_name, " ~ observed_inputs('raw_coverage') ~ " from intermediate.int_raw_coverage as raw_coverage;"
        ~ " delete from raw.unfinished_run; commit;") }}
{% endmacro %}
