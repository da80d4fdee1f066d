{#- For base_usage__product_weeks: conditions on used_on that take each row to be read in one of them; no week lies in two. The
    weeks are those that files begin in: without files of their own, or outside DuckDB, all is read at once. Weeks of files
    that have not changed are kept; a table of text is kept whole elsewhere, and no row of it is read here. -#}
{% macro usage_periods() %}
    {%- if not execute or not is_read_in_place('product_usage') -%}
        {{ return(['false']) }}
    {%- endif -%}
    {%- set weeks_at_once = 13 -%}
    {%- set from_week = changed_from('product_usage') -%}
    {%- set weeks = [] -%}
    {%- if target.type == 'duckdb' -%}
        {%- set weeks = run_query(
            "select distinct cast(first_week as varchar) as first_week from raw.current_files where table_name = 'product_usage' and first_week > "
            ~ from_week ~ " order by first_week"
        ).columns[0].values() -%}
    {%- endif -%}
    {%- set mondays = weeks[weeks_at_once::weeks_at_once] -%}
    {%- set conditions = [] -%}
    {%- for monday in mondays -%}
        {%- do conditions.append("used_on >= " ~ ("date '" ~ mondays[loop.index0 - 1] ~ "'" if not loop.first else from_week) ~ " and used_on < date '" ~ monday ~ "'") -%}
    {%- endfor -%}
    {%- do conditions.append("used_on >= " ~ ("date '" ~ mondays[-1] ~ "'" if mondays else from_week) ~ " or used_on is null") -%}
    {{ return(conditions) }}
{% endmacro %}

{#- At the top of a base model with weeks: those of unchanged files are kept. -#}
{% macro keeps_unchanged_weeks(table) -%}
    {{ keeps_rows("{{ forget_changed_weeks('" ~ table ~ "') }}") }}
{%- endmacro %}

{% macro forget_changed_weeks(table) -%}
    {%- if execute and load_cached_relation(this) -%}
        delete from {{ this }} where week_start_date >= {{ changed_from(table) }} or week_start_date is null
    {%- endif -%}
{%- endmacro %}

{#- The first Monday with another row than in the last whole run, as far as files tell; the beginning where they do not. -#}
{% macro changed_from(table) -%}
    {%- set found = [] -%}
    {%- if execute and target.type == 'duckdb' and load_cached_relation(this) -%}
        {%- set found = run_query("select cast(least(changed_from, (select min(rebuild_from) from raw.unfinished_run)) as varchar) from raw.changed_tables where table_name = '" ~ table ~ "'").rows -%}
    {%- endif -%}
    {#- where nothing is kept there is no earliest date: a spreadsheet's zero, in 1899, is a row all the same -#}
    {{ "date '" ~ found[0][0] ~ "'" if found else earliest_date() }}
{%- endmacro %}
