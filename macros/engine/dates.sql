{#- What differs between SQL engines hides here; the models stay plain SQL. -#}

{% macro week_start(expression) -%}
    cast(date_trunc('week', {{ expression }}) as date)
{%- endmacro %}

{#- Whole days later (or earlier): thresholds are numbers, and a date takes whole days only. -#}
{% macro days_after(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}

{#- Days since an epoch: window frames count in numbers on every engine, in intervals only on some. -#}
{% macro day_number(date) -%}
    cast({{ date }} - cast('1970-01-01' as date) as integer)
{%- endmacro %}

{#- One row per Monday, both ends included, column week_start_date. -#}
{% macro monday_spine(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 7 day)) as date) as week_start_date
{%- endmacro %}

{#- First day of the fiscal quarter that holds the date. Counted in months: adding months to the 31st would slip. -#}
{% macro fiscal_quarter_start(date) -%}
    {%- set month_number -%}
        cast(
            floor((year({{ date }}) * 12 + month({{ date }}) - {{ threshold('fiscal_year_start_month') }}) / 3) * 3
            + {{ threshold('fiscal_year_start_month') }} - 1
            as integer
        )
    {%- endset -%}
    make_date(cast(floor({{ month_number }} / 12) as integer), {{ month_number }} % 12 + 1, 1)
{%- endmacro %}

{#- Quarters from one quarter's first day to another's. -#}
{% macro quarters_between(earlier, later) -%}
    cast(((year({{ later }}) - year({{ earlier }})) * 12 + month({{ later }}) - month({{ earlier }})) / 3 as integer)
{%- endmacro %}

{% macro quarters_after(quarter_start, quarters) -%}
    cast({{ quarter_start }} + to_months(cast(3 * {{ quarters }} as integer)) as date)
{%- endmacro %}

{#- Number of the week that begins on this Monday: frames of weeks count in numbers, like those of days. -#}
{% macro week_number(monday) -%}
    cast(floor({{ day_number(monday) }} / 7) as integer)
{%- endmacro %}

{#- The last instant of a day: what a whole day tells is known then and not before. -#}
{% macro end_of_day(date) -%}
    cast({{ date }} + 1 as timestamp) - interval 1 microsecond
{%- endmacro %}

{#- Whole days after an instant (or before it), to the same time of day. -#}
{% macro instant_after(instant, days) -%}
    {{ instant }} + to_days(cast({{ days }} as integer))
{%- endmacro %}

{#- Microseconds from one instant to another: whole numbers, whose sums leave no remainder. -#}
{% macro elapsed_microseconds(earlier, later) -%}
    date_diff('microsecond', {{ earlier }}, {{ later }})
{%- endmacro %}

{#- Days, with fractions, of so many microseconds; and back. -#}
{% macro microseconds_as_days(microseconds) -%}
    {{ microseconds }} / 86400000000.0
{%- endmacro %}

{% macro days_as_microseconds(days) -%}
    cast({{ days }} * 86400000000.0 as bigint)
{%- endmacro %}

{#- Days from one instant to another, with fractions. -#}
{% macro elapsed_days(earlier, later) -%}
    {{ microseconds_as_days(elapsed_microseconds(earlier, later)) }}
{%- endmacro %}
