{#- The latest value that is not null, up to and with this row. -#}
{% macro last_known(expression, partition_by, order_by) -%}
    last_value({{ expression }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Stops the query with a message the user can act on. -#}
{% macro stop_with(message) -%}
    error('{{ message | replace("'", "''") }}')
{%- endmacro %}

{#- Sum of all rows up to and with this one. Only for whole numbers and decimals: a double would leave a remainder. -#}
{% macro running_sum(expression, partition_by, order_by) -%}
    sum({{ expression }}) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Frame of a window ordered by a day number, or by the number of a week: that many, the row's own included. -#}
{% macro trailing_days_frame(days) -%}
    range between cast({{ days }} - 1 as integer) preceding and current row
{%- endmacro %}

{#- Median of a window; its frame follows. -#}
{% macro window_median(expression) -%}
    median({{ expression }})
{%- endmacro %}

{#- Frame of as many rows, the last of them `gap` rows before the row itself. -#}
{% macro earlier_rows_frame(rows, gap) -%}
    rows between cast({{ rows }} + {{ gap }} as integer) preceding and cast({{ gap }} + 1 as integer) preceding
{%- endmacro %}

{#- A fraction that sums up to the same to the last digit, in whatever order it is added. -#}
{% macro exact_number(expression) -%}
    cast({{ expression }} as decimal(18, 6))
{%- endmacro %}
