{#- What changed in the raw tables since the last whole run, and from which week on it matters. The sources' YAML says
    from when a row matters (`matters_from`), and which columns matter later than that. -#}

{#- A select with a row for each table, part of its columns and week: how many rows begin to matter then, and a sum of
    their hashes. Equal counts and sums are equal rows. `tables`: (domain, table, accepted rows). -#}
{% macro raw_weeks_of(tables, interactions) %}
{%- if execute and target.type == 'duckdb' -%}
{%- for domain, table, relation in tables -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set meta = contract.config.meta -%}
{%- set keys = meta.grain -%}
{%- set late = {} -%}
{%- set own = [] -%}
{%- for column in contract.columns.values() -%}
    {%- set from = column.config.meta.matters_from -%}
    {%- if from -%}{%- do late.setdefault(from, []).append(column.name) -%}{%- else -%}{%- do own.append(column.name) -%}{%- endif -%}
{%- endfor -%}
{%- set since = 'least(' ~ (['checked.' ~ meta.matters_from] if meta.matters_from else []) | join ~ (', ' if meta.matters_from and meta.matters_with else '')
    ~ ('interactions.started_at' if meta.matters_with else '') ~ ')' %}
select
    '{{ table }}' as table_name,
    'row' as part,
    {{ week_start('cast(' ~ since ~ ' as date)') }} as week_start_date,
    count(*) as row_count,
    sum(hash({% for name in own %}checked.{{ name }}{{ ', ' if not loop.last }}{% endfor %})) as hash_sum
from {{ relation }} as checked
{%- if meta.matters_with %}
-- an interaction's id is unique
inner join {{ interactions }} as interactions on checked.interaction_id = interactions.interaction_id
{%- endif %}
group by {{ week_start('cast(' ~ since ~ ' as date)') }}
{%- for from, columns in late.items() %}
{%- set late_since = week_start('cast(coalesce(checked.' ~ from ~ ', checked.' ~ meta.matters_from ~ ') as date)') %}
union all
select
    '{{ table }}' as table_name,
    '{{ from }}' as part,
    {{ late_since }} as week_start_date,
    count(*) as row_count,
    sum(hash({% for name in keys + columns %}checked.{{ name }}{{ ', ' if not loop.last }}{% endfor %})) as hash_sum
from {{ relation }} as checked
where coalesce({% for name in columns %}cast(checked.{{ name }} as string){{ ', ' if not loop.last }}{% endfor %}) is not null
group by {{ late_since }}
{%- endfor %}
{{ 'union all' if not loop.last }}
{%- endfor -%}
{%- else -%}
select 'none' as table_name, 'row' as part, cast(null as date) as week_start_date, 0 as row_count, 0 as hash_sum where false
{%- endif -%}
{% endmacro %}

{#- Why everything has to be built, as far as the raw rows need not be asked; empty otherwise. -#}
{% macro reason_to_rebuild_everything() %}
    {% if flags.FULL_REFRESH or env_var('FULL', '') not in ('', '0') %}
        {{ return('a full build was asked for') }}
    {% endif %}
    {% set finished = run_query("select name, value from raw.finished_run where kind = 'project'").rows %}
    {% set before = {} %}
    {% if not finished %}
        {{ return('no build was finished before') }}
    {% endif %}
    {% for row in finished %}{% do before.update({row[0]: row[1]}) %}{% endfor %}
    {% for row in run_query(project_fingerprints()).rows %}
        {% if before.get(row[0]) != row[1] %}
            {{ return(row[0] ~ ' changed') }}
        {% endif %}
    {% endfor %}
    {{ return('') }}
{% endmacro %}

{#- A select of (name, value) for what every number depends on beside the raw rows. -#}
{% macro project_fingerprints() %}
    {% set files = {
        'the reference tables': ["seeds/reference/*.csv"],
        'the models': ["models/**/*.sql", "models/**/*.yml"],
        'the macros': ["macros/**/*.sql", "macros/*.sql"],
        'the settings of the project': ["dbt_project.yml"],
    } %}
    {% set selects = ["select 'the version of DuckDB' as name, version() as value"] %}
    {% for name, patterns in files.items() %}
        {% do selects.append("select '" ~ name ~ "', md5(string_agg(filename || md5(content), ',' order by filename)) from read_text(['"
            ~ patterns | join("', '") ~ "']) where not filename like '%.unit_tests.yml'") %}
    {% endfor %}
    {% do selects.append("select 'the set of raw tables and columns', md5(string_agg(table_name || '.' || column_name || ' ' || data_type, ','"
        ~ " order by table_name, column_name)) from raw.registered_columns") %}
    {{ return(selects | join(' union all ')) }}
{% endmacro %}

{#- A select of one row: from which week on everything is built again, and why. Beside what changed in the rows: a clock
    that moved makes known what lies after it, and an input that was never observed before turns null into numbers. -#}
{% macro rebuild_decision(raw_weeks, clock, raw_coverage) %}
{%- if execute and target.type == 'duckdb' -%}
with

changed_weeks as (

    select
        coalesce(raw_weeks.table_name, finished_weeks.table_name) as table_name,
        coalesce(raw_weeks.week_start_date, finished_weeks.week_start_date) as week_start_date

    from {{ raw_weeks }} as raw_weeks
    full outer join raw.finished_weeks as finished_weeks
        on
            raw_weeks.table_name = finished_weeks.table_name
            and raw_weeks.part = finished_weeks.part
            and raw_weeks.week_start_date = finished_weeks.week_start_date
    where
        raw_weeks.row_count is distinct from finished_weeks.row_count
        or raw_weeks.hash_sum is distinct from finished_weeks.hash_sum

),

reasons as (

    select
        min(week_start_date) as rebuild_from,
        'changed rows in ' || case when count(distinct table_name) = 1 then min(table_name) else count(distinct table_name) || ' tables' end as reason
    from changed_weeks
    having count(*) > 0

    union all

    select
        case when clock.as_of_date < finished.as_of_date then date '{{ the_beginning() }}' else {{ days_after('finished.as_of_date', 1) }} end,
        'the clock was at ' || finished.as_of_date
    from {{ clock }} as clock
    cross join (select cast(value as date) as as_of_date from raw.finished_run where kind = 'clock') as finished
    where clock.as_of_date != finished.as_of_date

    union all

    select date '{{ the_beginning() }}', 'what ' || min(raw_coverage.table_name) || ' observes changed'
    from {{ raw_coverage }} as raw_coverage
    left join raw.finished_run as finished
        on finished.kind = 'coverage' and finished.name = raw_coverage.table_name
    where finished.value is distinct from {{ observed_inputs('raw_coverage') }}
    having count(*) > 0

    union all

    select rebuild_from, 'the last build was not finished' from raw.unfinished_run

    union all

    select date '{{ the_beginning() }}', reason from raw.rebuild where is_full

)

select
    coalesce(min(rebuild_from), date '9999-12-27') as rebuild_from,
    coalesce(arg_min(reason, rebuild_from), 'nothing changed since the last build') as reason,
    coalesce(min(rebuild_from) <= date '{{ the_beginning() }}', false) as is_full
from reasons
{%- else -%}
select date '{{ the_beginning() }}' as rebuild_from, 'this engine builds everything' as reason, true as is_full
{%- endif -%}
{% endmacro %}

{#- What an input can tell, as one text. -#}
{% macro observed_inputs(raw_coverage) -%}
    concat_ws('|', {{ raw_coverage }}.is_present, {{ raw_coverage }}.is_observed, {{ raw_coverage }}.absent_columns, {{ raw_coverage }}.unavailable)
{%- endmacro %}
