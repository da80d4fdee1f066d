{#- A value that a question of analyses/ can be given (`ask NAME days=90`); dbt compiles it with the default. -#}
{% macro parameter(name, default) %}{{ return(default) }}{% endmacro %}
