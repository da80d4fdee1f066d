{#- A schema is called what the project calls it (staging, marts), without the target's name before it:
    BI tools and notebooks read `marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
