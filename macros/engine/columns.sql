{#- All columns of a relation but some. -#}
{% macro all_but(relation, columns) -%}
    {{ return(adapter.dispatch('all_but', 'book_of_business')(relation, columns)) }}
{%- endmacro %}

{% macro default__all_but(relation, columns) -%}
    {{ relation }}.* exclude ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__all_but(relation, columns) -%}
    {{ relation }}.* except ({{ columns | join(', ') }})
{%- endmacro %}
