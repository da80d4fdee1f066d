{#- product_usage by account, product and week, where its rows are read in place. Days are counted as bits: as many rows as
    days are all different. Weeks of files that have not changed are kept. A table of text is kept whole elsewhere. Two
    years at once would hold all their groups in memory: quarters of them come one after another. -#}
{% macro usage_weeks() %}
{%- set relation = source('usage', 'product_usage') -%}
{%- if execute and is_read_in_place('product_usage') -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.usage.product_usage'] -%}
{%- set raw_types = raw_column_types('product_usage') -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain %}
{%- for condition in usage_periods() %}
{{ 'union all' if not loop.first }}
(
with

received_rows as (

    select
        {%- for column in columns %}
        {{ adapter.quote(column.name) if column.name in raw_types else 'cast(null as string)' }} as {{ column.name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where {{ condition }}

),

parsed_rows as (

    {{ parsed_rows('received_rows', columns, keys, raw_types) }}

),

weeks as (

    select
        account_id_raw as account_id,
        product_raw as product,
        {{ week_start('used_on') }} as week_start_date,
        count(*) as row_count,
        {{ days_of_week_count('used_on') }} as day_count,
        count(case when {% for column in columns %}{{ column_fault(column, keys, false, false, raw_types) }} is null{{ ' and ' if not loop.last }}{% endfor %} then 1 end) as sound_count,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(active_users) as bigint) as active_user_count,
        max(case when coalesce(active_users, event_count) is null or active_users > 0 or event_count > 0 then used_on end) as last_used_on
    from parsed_rows
    group by account_id_raw, product_raw, {{ week_start('used_on') }}

)

select
    account_id,
    product,
    week_start_date,
    {{ row_hash(['account_id', 'product', 'week_start_date']) }} as suspect_key,
    row_count != sound_count or row_count != day_count as is_suspect,
    event_count,
    active_user_count,
    last_used_on
from weeks
)
{%- endfor %}
{%- else %}
select
    cast(null as string) as account_id,
    cast(null as string) as product,
    cast(null as date) as week_start_date,
    {{ row_hash(["''"]) }} as suspect_key,
    false as is_suspect,
    cast(null as bigint) as event_count,
    cast(null as bigint) as active_user_count,
    cast(null as date) as last_used_on
from (select 1 as nothing) as nothing
where false
{%- endif -%}
{% endmacro %}

{#- Conditions on used_on that take each row to be read in one of them; no week lies in two. The weeks are those that files
    begin in: without files of their own, or outside DuckDB, all is read at once. -#}
{% macro usage_periods() %}
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
