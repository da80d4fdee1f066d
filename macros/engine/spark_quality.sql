{#- The faults of all tables, reading each once: Spark reads its files again for every branch of a union. -#}
{% macro spark__faults_of(tables, interactions, scales) %}
{%- if execute -%}
{%- for domain, table, relation in tables -%}
{%- set contract = contract_of(domain, table) %}
select table_name, row_key, fault.column_name, fault.value, fault.rule, cast(null as date) as matters_from, fault.scope
from (
    select
        '{{ table }}' as table_name,
        checked.row_key,
        checked.is_accepted,
        explode(array({% for name, value, rule, scope in fault_columns(contract) %}
            named_struct('column_name', '{{ name }}', 'value', {{ value }}, 'rule', {{ rule }}, 'scope', '{{ scope }}'){{ ',' if not loop.last }}{% endfor %}
        )) as fault
    from {{ relation }} as checked
) as faults
where fault.rule is not null and (fault.scope = 'value' or not is_accepted)
union all
{%- endfor %}
{{ faults_of_columns(scales) }}
{%- else -%}
select 1 as table_name
{%- endif -%}
{% endmacro %}
