{#- The last instant of a day: what a whole day tells is known then and not before. -#}
{% macro end_of_day(date) -%}
    {{ return(adapter.dispatch('end_of_day', 'book_of_business')(date)) }}
{%- endmacro %}

{% macro default__end_of_day(date) -%}
    cast({{ date }} + 1 as timestamp) - interval 1 microsecond
{%- endmacro %}

{% macro spark__end_of_day(date) -%}
    cast(date_add({{ date }}, 1) as timestamp) - interval 1 microsecond
{%- endmacro %}

{#- Whole days after an instant (or before it), to the same time of day. -#}
{% macro instant_after(instant, days) -%}
    {{ return(adapter.dispatch('instant_after', 'book_of_business')(instant, days)) }}
{%- endmacro %}

{% macro default__instant_after(instant, days) -%}
    {{ instant }} + to_days(cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__instant_after(instant, days) -%}
    {{ instant }} + make_dt_interval(cast({{ days }} as integer))
{%- endmacro %}

{#- Microseconds from one instant to another: whole numbers, whose sums leave no remainder. -#}
{% macro elapsed_microseconds(earlier, later) -%}
    {{ return(adapter.dispatch('elapsed_microseconds', 'book_of_business')(earlier, later)) }}
{%- endmacro %}

{% macro default__elapsed_microseconds(earlier, later) -%}
    date_diff('microsecond', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__elapsed_microseconds(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }}))
{%- endmacro %}

{#- Days, with fractions, of so many microseconds; and back. -#}
{% macro microseconds_as_days(microseconds) -%}
    {{ microseconds }} / cast(86400000000.0 as double)
{%- endmacro %}

{% macro days_as_microseconds(days) -%}
    cast({{ days }} * cast(86400000000.0 as double) as bigint)
{%- endmacro %}

{#- Days from one instant to another, with fractions. -#}
{% macro elapsed_days(earlier, later) -%}
    {{ microseconds_as_days(elapsed_microseconds(earlier, later)) }}
{%- endmacro %}

{#- Minutes from one instant to another, with fractions. -#}
{% macro elapsed_minutes(earlier, later) -%}
    {{ elapsed_microseconds(earlier, later) }} / cast(60000000.0 as double)
{%- endmacro %}
