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

{#- A whole number from 0 below `below` that depends on nothing but `parts`: the same on every run, engine and number
    of threads, which random() is not. -#}
{% macro random_whole_number(parts, below) -%}
    {{ return(adapter.dispatch('random_whole_number', 'book_of_business')(parts, below)) }}
{%- endmacro %}

{% macro default__random_whole_number(parts, below) -%}
    cast(
        cast(concat('0x', substr(md5(concat_ws('|', {{ parts | join(', ') }})), 1, 12)) as bigint)
        % cast({{ below }} as bigint)
        as integer
    )
{%- endmacro %}

{% macro spark__random_whole_number(parts, below) -%}
    cast(
        cast(conv(substr(md5(concat_ws('|'
            {%- for part in parts %}, cast({{ part }} as string){% endfor %})), 1, 12), 16, 10) as bigint)
        % cast({{ below }} as bigint)
        as integer
    )
{%- endmacro %}
