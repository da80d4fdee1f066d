{#- The latest value that is not null, up to and with this row. -#}
{% macro last_known(expression, partition_by, order_by) -%}
    {{ return(adapter.dispatch('last_known', 'book_of_business')(expression, partition_by, order_by)) }}
{%- endmacro %}

{% macro default__last_known(expression, partition_by, order_by) -%}
    last_value({{ expression }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro spark__last_known(expression, partition_by, order_by) -%}
    last_value({{ expression }}) ignore nulls over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Stops the query with a message the user can act on. -#}
{% macro stop_with(message) -%}
    {{ return(adapter.dispatch('stop_with', 'book_of_business')(message)) }}
{%- endmacro %}

{% macro default__stop_with(message) -%}
    error('{{ message | replace("'", "''") }}')
{%- endmacro %}

{% macro spark__stop_with(message) -%}
    raise_error('{{ message | replace("'", "''") }}')
{%- endmacro %}

{#- Sum of all rows up to and with this one. Only for whole numbers and decimals: a double would leave a remainder. -#}
{% macro running_sum(expression, partition_by, order_by) -%}
    sum({{ expression }}) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Frame of a window ordered by a day number, or by the number of a week: that many, the row's own included. -#}
{% macro trailing_days_frame(days) -%}
    range between {{ frame_bound(days ~ ' - 1') }} preceding and current row
{%- endmacro %}

{#- Frame of as many rows, the last of them `gap` rows before the row itself. -#}
{% macro earlier_rows_frame(rows, gap) -%}
    rows between {{ frame_bound(rows ~ ' + ' ~ gap) }} preceding and {{ frame_bound(gap ~ ' + 1') }} preceding
{%- endmacro %}

{#- A whole number that bounds a frame or counts rows back: thresholds are rows, so it is looked up first where it can be.
    With an expression in its place the same window takes half as long again (medians) or twice as long (lag). -#}
{% macro frame_bound(expression) -%}
    {%- set bound = 'cast(' ~ expression ~ ' as integer)' -%}
    {%- if '__dbt__cte__' in expression -%}
        {{ frame_bound_of_unit_test(bound) }}
    {%- elif execute -%}
        {{ run_query('select ' ~ bound).rows[0][0] }}
    {%- else -%}
        {{ bound }}
    {%- endif -%}
{%- endmacro %}

{#- In a unit test thresholds stand in the query itself. -#}
{% macro frame_bound_of_unit_test(bound) -%}
    {{ return(adapter.dispatch('frame_bound_of_unit_test', 'book_of_business')(bound)) }}
{%- endmacro %}

{% macro default__frame_bound_of_unit_test(bound) -%}
    {{ bound }}
{%- endmacro %}

{#- Spark takes only what is known before the query runs; its materialization looks it up, see spark_unit_tests.sql. -#}
{% macro spark__frame_bound_of_unit_test(bound) -%}
    [[bound: {{ bound }}]]
{%- endmacro %}

{#- Median of a window; its frame follows. -#}
{% macro window_median(expression) -%}
    {{ return(adapter.dispatch('window_median', 'book_of_business')(expression)) }}
{%- endmacro %}

{% macro default__window_median(expression) -%}
    median({{ expression }})
{%- endmacro %}

{% macro spark__window_median(expression) -%}
    percentile({{ expression }}, 0.5)
{%- endmacro %}

{#- A fraction that sums up to the same to the last digit, in whatever order it is added. -#}
{% macro exact_number(expression) -%}
    cast({{ expression }} as decimal(18, 6))
{%- endmacro %}
