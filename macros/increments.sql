{#- Weekly increments: rows of weeks before R = `rebuild_from` are kept, what lies after is built again. A row of a week says
    nothing that was not known at its end, so what changed in a week cannot change a week before. How R is found: macros
    /staging/changes.sql; who remembers it: macros/build_state.sql. -#}

{#- At the top of a model: it keeps its rows of the weeks before R and appends the rows of R and later. Its SQL must give
    just these: `where week_start_date >= {{ rebuild_from() }}`. -#}
{% macro keeps_earlier_weeks(column) -%}
    {{ keeps_rows("{{ forget_weeks_to_rebuild('" ~ column ~ "', ref('int_rebuild')) }}") }}
{%- endmacro %}

{#- The same for any rows: `before` takes away those that are built again, `after` mends what was kept. -#}
{% macro keeps_rows(before, after=[]) -%}
    {%- if target is defined and target.type == 'duckdb' -%}
        {{ config(
            materialized='incremental',
            incremental_strategy='append',
            on_schema_change='fail',
            pre_hook=before,
            post_hook=after
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- At the top of a model of spans of an account (from_week, to_week exclusive): it keeps those that begin before R, and the
    one that R finds open ends where the next begins. Its SQL must give just the spans from R on, and may go on from the
    open one, whose end is {{ no_week() }} meanwhile. -#}
{% macro keeps_earlier_spans() -%}
    {{ keeps_rows(
        ["{{ forget_weeks_to_rebuild('from_week', ref('int_rebuild')) }}", "{{ reopen_spans() }}"], "{{ end_spans() }}"
    ) }}
{%- endmacro %}

{% macro reopen_spans() -%}
    {%- if execute and load_cached_relation(this) -%}
        update {{ this }} set to_week = date '{{ no_week() }}' where to_week >= {{ rebuild_from() }}
    {%- endif -%}
{%- endmacro %}

{% macro end_spans() -%}
    {%- if is_rebuilding() -%}
        update {{ this }} set to_week = next_spans.from_week
        from (
            select account_id, min(from_week) as from_week from {{ this }} where from_week >= {{ rebuild_from() }} group by account_id
        ) as next_spans
        where {{ this }}.account_id = next_spans.account_id and {{ this }}.from_week < next_spans.from_week
            and {{ this }}.to_week = date '{{ no_week() }}'
    {%- endif -%}
{%- endmacro %}

{#- R as a date literal: a Monday. Where everything is built no date is left out: a spreadsheet's zero, in 1899, is a row too. -#}
{% macro rebuild_from() -%}
    {%- if is_rebuilding() -%} date '{{ rebuild_date() }}' {%- else -%} {{ earliest_date() }} {%- endif -%}
{%- endmacro %}

{#- R less so many weeks or days, for windows that look back; nothing lies before all dates. A number is reckoned here, so
    that files before it are not opened; an expression is left to the engine. -#}
{% macro weeks_before_rebuild(weeks) -%}
    {{ days_before_rebuild(7 * weeks if weeks is number else '7 * ' ~ weeks) }}
{%- endmacro %}

{% macro days_before_rebuild(days) -%}
    {%- if not is_rebuilding() -%}
        {{ earliest_date() }}
    {%- elif days is number -%}
        date '{{ run_query('select cast(' ~ days_after(rebuild_from(), -days) ~ ' as varchar)').rows[0][0] }}'
    {%- else -%}
        {{ days_after(rebuild_from(), '-(' ~ days ~ ')') }}
    {%- endif -%}
{%- endmacro %}

{#- Whether the model finds its own earlier rows in {{ this }}, to go on from what they carry. -#}
{% macro is_rebuilding() %}
    {{ return(rebuild_date() != the_beginning()) }}
{% endmacro %}

{% macro the_beginning() %}
    {{ return('1900-01-01') }}
{% endmacro %}

{#- The Monday after all others: R where nothing has changed. -#}
{% macro no_week() %}
    {{ return('9999-12-27') }}
{% endmacro %}

{#- R as text. A unit test, an engine without increments and a model that is not there yet begin at the beginning. -#}
{% macro rebuild_date() %}
    {% if not execute or target.type != 'duckdb' or model.resource_type != 'model' or not load_cached_relation(this) %}
        {{ return(the_beginning()) }}
    {% endif %}
    {% set rows = run_query('select cast(max(rebuild_from) as varchar) from raw.rebuild').rows %}
    {{ return(rows[0][0] or the_beginning()) }}
{% endmacro %}

{#- The hook of keeps_earlier_weeks(). `after` is there for dbt's order of models only. -#}
{% macro forget_weeks_to_rebuild(column, after) -%}
    {%- if execute and load_cached_relation(this) -%}
        delete from {{ this }} where {{ column }} >= {{ rebuild_from() }}
    {%- endif -%}
{%- endmacro %}
