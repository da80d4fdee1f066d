{#- Tables in folders of Parquet parts: which files are new, changed or gone since the last whole run, and the first week
    that their rows say anything of. A file is known by its name, size and time of change; one that was written while it
    was looked at is looked at again. Where everything is built, all are new. -#}
{% macro find_changed_files(is_full) %}
    {% do run_query('create table if not exists raw.finished_files (table_name varchar, file_name varchar, file_size bigint, changed_at timestamp with time zone, first_week date)') %}
    {% do run_query("create or replace table raw.looked_at as select timestamp with time zone '" ~ run_started_at ~ "' as looked_at") %}
    {% set selects = ["select '' as table_name, '' as file_name, 0 as file_size, cast(null as timestamp with time zone) as changed_at where false"] %}
    {% set folders = run_query('select table_name from raw.registered_folders order by table_name').columns[0].values() %}
    {% for folder in folders %}
        {% do selects.append("select '" ~ folder ~ "', filename, size, last_modified from read_blob([" ~ text_list(registered_files(folder)) ~ "])") %}
    {% endfor %}
    {% do run_query("create or replace table raw.current_files as select files.*, finished.first_week, finished.file_name is null as is_changed from ("
        ~ selects | join(' union all ') ~ ") as files left join raw.finished_files as finished on files.table_name = finished.table_name"
        ~ " and files.file_name = finished.file_name and files.file_size = finished.file_size and files.changed_at = finished.changed_at"
        ~ " and " ~ (not is_full)) %}
    {% for folder in folders if folder not in compared_by_row() %}
        {% do find_first_weeks(folder, changed_files(folder)) %}
    {% endfor %}
    {#- gone: as the last whole run read them, they are not there any more -#}
    {% set gone = "(select finished.table_name, finished.first_week from raw.finished_files as finished anti join (from raw.current_files where not is_changed)"
        ~ " as kept on finished.table_name = kept.table_name and finished.file_name = kept.file_name)" %}
    {% do run_query("create or replace table raw.changed_tables as select folders.table_name, coalesce(min(changed.first_week), date '" ~ no_week() ~ "') as changed_from,"
        ~ " folders.table_name in (select table_name from raw.finished_files) and folders.table_name not in (select table_name from " ~ gone ~ ") as has_only_grown"
        ~ " from raw.registered_folders as folders left join (select table_name, first_week from raw.current_files where is_changed union all from " ~ gone
        ~ ") as changed on folders.table_name = changed.table_name group by folders.table_name") %}
    {#- before anything is built from them: a run that is killed later has begun there -#}
    {% do run_query("insert into raw.unfinished_run select min(changed_from) from raw.changed_tables having min(changed_from) < date '" ~ no_week() ~ "'") %}
{% endmacro %}

{% macro find_first_weeks(table, files) %}
    {% if files %}
        {% do run_query("update raw.current_files set first_week = found.first_week from (" ~ first_weeks_of(table, files)
            ~ ") as found where raw.current_files.file_name = found.file_name and raw.current_files.table_name = '" ~ table ~ "'") %}
    {% endif %}
{% endmacro %}

{#- Of rows that matter from an interaction's date no file of theirs tells when that date is corrected, or when the
    interaction arrives: from then on, they may matter from the first week in which interactions changed. Files that are
    new have just been asked. -#}
{% macro follow_interactions(is_full) %}
    {% for table in contract_tables() if table.config.meta.matters_with %}
        {% if is_full %}
            {% do find_first_weeks(table.name, run_query("select file_name from raw.current_files where not is_changed and table_name = '" ~ table.name ~ "'").columns[0].values()) %}
        {% else %}
            {% do run_query("update raw.current_files set first_week = least(first_week, (" ~ first_changed_week('interactions') ~ ")) where table_name = '" ~ table.name ~ "'") %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#- A select of the first week in which rows of a table changed: by its files, its rows, or what was found of them. -#}
{% macro first_changed_week(table) -%}
    select min(changed.week_start_date)
    from (
        select changed_from as week_start_date from raw.changed_tables where table_name = '{{ table }}'
        union all
        select week_start_date
        from (
            select week_start_date, row_count, hash_sum from intermediate.int_raw_weeks where table_name = '{{ table }}' and part = 'row'
            union all
            select week_start_date, -row_count, -hash_sum from raw.finished_weeks where table_name = '{{ table }}' and part = 'row'
        ) as weeks
        group by week_start_date
        having sum(row_count) != 0 or sum(hash_sum) != 0
        union all
        select {{ week_start('matters_from') }}
        from (
            (select * from intermediate.int_raw_faults except all select * from raw.finished_faults)
            union all
            (select * from raw.finished_faults except all select * from intermediate.int_raw_faults)
        ) as faults
        where table_name = '{{ table }}'
    ) as changed
{%- endmacro %}

{#- A select of (file_name, first_week): what is written of an interaction matters from its date, if that is earlier. -#}
{% macro first_weeks_of(table, files) %}
    {% set contract = contract_tables() | selectattr('name', 'equalto', table) | first %}
    {% set types = raw_column_types(table) %}
    {% set meta = contract.config.meta %}
    {% set dates = [] %}
    {% for name in dates_to_matter(contract) if name in types %}
        {% do dates.append('cast(' ~ parsed_value('parts."' ~ name ~ '"', contract.columns[name].data_type, types[name]) ~ ' as date)') %}
    {% endfor %}
    {% set join = '' %}
    {% if meta.matters_with %}
        {% set started_at = parsed_value('interactions.started_at', 'timestamp', raw_column_types('interactions')['started_at']) %}
        {% do dates.append('cast(' ~ started_at ~ ' as date)') %}
        {% set join = ' left join raw.interactions as interactions on cast(parts.interaction_id as varchar) = cast(interactions.interaction_id as varchar)' %}
    {% endif %}
    {{ return("select parts.part_file_name as file_name, min(" ~ week_start('least(' ~ dates | join(', ') ~ ')') ~ ") as first_week"
        ~ " from (" ~ rows_of_files(table, files)
        ~ ") as parts" ~ join ~ " group by parts.part_file_name") }}
{% endmacro %}

{% macro changed_files(table) %}
    {{ return(run_query("select file_name from raw.current_files where is_changed and table_name = '" ~ table ~ "'").columns[0].values()) }}
{% endmacro %}

{#- The raw rows of some files, and beside them the file's name as part_file_name. With the columns and types of all files:
    one that lacks a column is for the marts to reject. -#}
{% macro rows_of_files(table, files) %}
    {% set rows = 'select cast(null as varchar) as part_file_name, * from raw."' ~ table ~ '" where false' %}
    {% if files %}
        {% set rows = rows ~ ' union all by name select * from read_parquet([' ~ text_list(files)
            ~ "], filename = 'part_file_name', union_by_name = true, hive_types_autocast = false)" %}
    {% endif %}
    {{ return(rows) }}
{% endmacro %}
