{#- Whole numbers from first to last as a select, column whole_number. -#}
{% macro whole_numbers(first, last) -%}
    {{ return(adapter.dispatch('whole_numbers', 'book_of_business')(first, last)) }}
{%- endmacro %}

{% macro default__whole_numbers(first, last) -%}
    select unnest(generate_series({{ first }}, cast({{ last }} as bigint))) as whole_number
{%- endmacro %}

{#- A range that runs backwards is an error on Spark, and no row on DuckDB. -#}
{% macro spark__whole_numbers(first, last) -%}
    select explode(
        case when {{ first }} <= {{ last }} then sequence(cast({{ first }} as bigint), cast({{ last }} as bigint)) end
    ) as whole_number
{%- endmacro %}

{#- A whole number of 48 bits that depends on nothing but `parts`: the same on every run, engine and number of threads,
    which random() is not. -#}
{% macro random_number(parts) -%}
    {{ return(adapter.dispatch('random_number', 'book_of_business')(parts)) }}
{%- endmacro %}

{% macro default__random_number(parts) -%}
    cast(concat('0x', substr(md5(concat_ws('|', {{ parts | join(', ') }})), 1, 12)) as bigint)
{%- endmacro %}

{% macro spark__random_number(parts) -%}
    cast(conv(substr(md5(concat_ws('|'
        {%- for part in parts %}, cast({{ part }} as string){% endfor %})), 1, 12), 16, 10) as bigint)
{%- endmacro %}

{#- What is drawn of a random number, from 0 below `below`: its digit at `place`. The hash is what a draw costs, so that
    each serves for as many draws as leave no digit likelier than another by more than one in 65,536, up to 16 below. -#}
{% macro draws_of_a_number() -%}
    8
{%- endmacro %}

{% macro drawn_digit(number, place, below) -%}
    cast(cast(floor({{ number }} / power({{ below }}, {{ place }})) as bigint) % cast({{ below }} as bigint) as integer)
{%- endmacro %}
