{#- A number of weeks that is a signal rule, as a number: while dbt parses, 0. -#}
{% macro usage_rule_weeks(rule) %}
    {{ return(run_query('select cast(' ~ rule ~ ' as integer) as weeks').rows[0][0] if execute else 0) }}
{% endmacro %}
