{#- What differs between SQL engines hides here; the models stay plain SQL. `default__` is DuckDB, `spark__` Apache
    Spark. -#}

{% macro week_start(expression) -%}
    cast(date_trunc('week', {{ expression }}) as date)
{%- endmacro %}

{#- Whole days later (or earlier): thresholds are numbers, and a date takes whole days only. -#}
{% macro days_after(date, days) -%}
    {{ return(adapter.dispatch('days_after', 'book_of_business')(date, days)) }}
{%- endmacro %}

{% macro default__days_after(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__days_after(date, days) -%}
    date_add({{ date }}, cast({{ days }} as integer))
{%- endmacro %}

{#- A date before all others that are read as dates. -#}
{% macro earliest_date() -%}
    {{ return(adapter.dispatch('earliest_date', 'book_of_business')()) }}
{%- endmacro %}

{% macro default__earliest_date() -%}
    date '-infinity'
{%- endmacro %}

{% macro spark__earliest_date() -%}
    date '0001-01-01'
{%- endmacro %}

{#- How many different days of one week, as an aggregate. A bit each, so that a group costs one number. -#}
{% macro days_of_week_count(date) -%}
    {{ return(adapter.dispatch('days_of_week_count', 'book_of_business')(date)) }}
{%- endmacro %}

{% macro default__days_of_week_count(date) -%}
    bit_count(bit_or(cast(1 << cast(dayofweek({{ date }}) as integer) as utinyint)))
{%- endmacro %}

{% macro spark__days_of_week_count(date) -%}
    bit_count(bit_or(shiftleft(1, dayofweek({{ date }}) - 1)))
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'book_of_business')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    cast(date_diff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}

{#- Days since an epoch: window frames count in numbers on every engine, in intervals only on some. -#}
{% macro day_number(date) -%}
    {{ return(adapter.dispatch('day_number', 'book_of_business')(date)) }}
{%- endmacro %}

{% macro default__day_number(date) -%}
    cast({{ date }} - cast('1970-01-01' as date) as integer)
{%- endmacro %}

{% macro spark__day_number(date) -%}
    unix_date({{ date }})
{%- endmacro %}

{#- Number of the week that begins on this Monday: frames of weeks count in numbers, like those of days. -#}
{% macro week_number(monday) -%}
    cast(floor({{ day_number(monday) }} / 7) as integer)
{%- endmacro %}

{#- One row per Monday, both ends included, column week_start_date. -#}
{% macro monday_spine(first, last) -%}
    {{ return(adapter.dispatch('monday_spine', 'book_of_business')(first, last)) }}
{%- endmacro %}

{% macro default__monday_spine(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 7 day)) as date) as week_start_date
{%- endmacro %}

{#- A range that runs backwards is an error on Spark, and no row on DuckDB. -#}
{% macro spark__monday_spine(first, last) -%}
    select explode(case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}, interval 7 day) end)
        as week_start_date
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

{#- Number of the fiscal year that holds a quarter, by the quarter's first day: the calendar year in which it ends. -#}
{% macro fiscal_year(quarter_start) -%}
    cast(
        year({{ quarter_start }})
        + case
            when {{ threshold('fiscal_year_start_month') }} > 1
                and month({{ quarter_start }}) >= {{ threshold('fiscal_year_start_month') }} then 1
            else 0
        end
        as bigint
    )
{%- endmacro %}

{#- Number of the quarter within its fiscal year, 1 to 4. -#}
{% macro fiscal_quarter(quarter_start) -%}
    cast(
        floor((month({{ quarter_start }}) - {{ threshold('fiscal_year_start_month') }} + 12) % 12 / 3) + 1 as bigint
    )
{%- endmacro %}

{#- Quarters from one quarter's first day to another's. -#}
{% macro quarters_between(earlier, later) -%}
    cast(((year({{ later }}) - year({{ earlier }})) * 12 + month({{ later }}) - month({{ earlier }})) / 3 as integer)
{%- endmacro %}

{% macro quarters_after(quarter_start, quarters) -%}
    {{ return(adapter.dispatch('quarters_after', 'book_of_business')(quarter_start, quarters)) }}
{%- endmacro %}

{% macro default__quarters_after(quarter_start, quarters) -%}
    cast({{ quarter_start }} + to_months(cast(3 * {{ quarters }} as integer)) as date)
{%- endmacro %}

{% macro spark__quarters_after(quarter_start, quarters) -%}
    add_months({{ quarter_start }}, cast(3 * {{ quarters }} as integer))
{%- endmacro %}
