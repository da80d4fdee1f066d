{#- Whole numbers from first to last as a select, column whole_number. -#}
{% macro whole_numbers(first, last) -%}
    select unnest(generate_series({{ first }}, cast({{ last }} as bigint))) as whole_number
{%- endmacro %}

{#- A whole number from 0 below `below` that depends on nothing but `parts`: the same on every run, engine and number
    of threads, which random() is not. -#}
{% macro random_whole_number(parts, below) -%}
    cast(
        cast(concat('0x', substr(md5(concat_ws('|', {{ parts | join(', ') }})), 1, 12)) as bigint)
        % cast({{ below }} as bigint)
        as integer
    )
{%- endmacro %}
