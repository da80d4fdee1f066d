{#- Tables in folders of Parquet parts: which files are new, changed or gone since the last whole run, and the first week
    that their rows say anything of. A file is known by its name, size and time of change; one that was written while it
    was looked at is looked at again. -#}
{% macro find_changed_files() %}
    {% do run_query('create table if not exists raw.finished_files (table_name varchar, file_name varchar, file_size bigint, changed_at timestamp with time zone, first_week date)') %}
    {% do run_query("create or replace table raw.looked_at as select timestamp with time zone '" ~ run_started_at ~ "' as looked_at") %}
    {% set selects = ["select '' as table_name, '' as file_name, 0 as file_size, cast(null as timestamp with time zone) as changed_at where false"] %}
    {% set folders = run_query('select table_name, pattern from raw.registered_folders order by table_name').rows %}
    {% for folder in folders %}
        {% do selects.append("select '" ~ folder[0] ~ "', filename, size, last_modified from read_blob('" ~ folder[1] | replace("'", "''") ~ "')") %}
    {% endfor %}
    {% do run_query("create or replace table raw.current_files as select files.*, finished.first_week, finished.file_name is null as is_changed from ("
        ~ selects | join(' union all ') ~ ") as files left join raw.finished_files as finished on files.table_name = finished.table_name"
        ~ " and files.file_name = finished.file_name and files.file_size = finished.file_size and files.changed_at = finished.changed_at") %}
    {% for folder in folders %}
        {% set files = run_query("select file_name from raw.current_files where is_changed and table_name = '" ~ folder[0] ~ "'").columns[0].values() %}
        {% if files %}
            {% do run_query("update raw.current_files set first_week = found.first_week from (" ~ first_weeks_of(folder[0], files)
                ~ ") as found where raw.current_files.file_name = found.file_name and raw.current_files.table_name = '" ~ folder[0] ~ "'") %}
        {% endif %}
    {% endfor %}
    {% do run_query("create or replace table raw.changed_tables as select folders.table_name, coalesce(min(changed.first_week), date '" ~ no_week() ~ "') as changed_from"
        ~ " from raw.registered_folders as folders left join (select table_name, first_week from raw.current_files where is_changed union all"
        ~ " select finished.table_name, finished.first_week from raw.finished_files as finished anti join (from raw.current_files where not is_changed) as kept"
        ~ " on finished.table_name = kept.table_name and finished.file_name = kept.file_name) as changed"
        ~ " on folders.table_name = changed.table_name group by folders.table_name") %}
    {#- before anything is built from them: a run that is killed later has begun there -#}
    {% do run_query("insert into raw.unfinished_run select min(changed_from) from raw.changed_tables having min(changed_from) < date '" ~ no_week() ~ "'") %}
{% endmacro %}

{#- A select of (file_name, first_week): what is written of an interaction matters from its date, if that is earlier. -#}
{% macro first_weeks_of(table, files) %}
    {% set contract = contract_tables() | selectattr('name', 'equalto', table) | first %}
    {% set types = raw_column_types(table) %}
    {% set meta = contract.config.meta %}
    {% set quoted = [] %}
    {% for file in files %}{% do quoted.append("'" ~ file | replace("'", "''") ~ "'") %}{% endfor %}
    {% set dates = ['cast(' ~ parsed_value('parts."' ~ meta.matters_from ~ '"', contract.columns[meta.matters_from].data_type, types[meta.matters_from]) ~ ' as date)'] %}
    {% set join = '' %}
    {% if meta.matters_with %}
        {% set started_at = parsed_value('interactions.started_at', 'timestamp', raw_column_types('interactions')['started_at']) %}
        {% do dates.append('cast(' ~ started_at ~ ' as date)') %}
        {% set join = ' left join raw.interactions as interactions on cast(parts.interaction_id as varchar) = cast(interactions.interaction_id as varchar)' %}
    {% endif %}
    {#- with the columns and types of all files: one that lacks a column is for the marts to reject -#}
    {{ return("select parts.part_file_name as file_name, min(" ~ week_start('least(' ~ dates | join(', ') ~ ')') ~ ") as first_week"
        ~ " from (select cast(null as varchar) as part_file_name, * from raw.\"" ~ table ~ "\" where false union all by name"
        ~ " select * from read_parquet([" ~ quoted | join(', ') ~ "], filename = 'part_file_name', union_by_name = true, hive_types_autocast = false)"
        ~ ") as parts" ~ join ~ " group by parts.part_file_name") }}
{% endmacro %}
