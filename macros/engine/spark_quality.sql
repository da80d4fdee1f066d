{#- The faults of all tables, reading each once: Spark reads its files again for every branch of a union. -#}
{% macro spark__faults_of(tables, interactions) %}
{%- if execute -%}
{%- for domain, table, relation in tables -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set unruled = unruled_columns(columns, keys) -%}
{%- set faults = [] -%}
{%- for column in columns if column.name not in unruled -%}
{%- do faults.append((column.name, column.name ~ '_rejected_value', column.name ~ '_fault')) -%}
{%- endfor -%}
{%- if table == 'account_assignments' -%}
{%- do faults.append(('assigned_on', 'cast(assigned_on as string)', 'overlapping_assignment_fault')) -%}
{%- endif -%}
{%- do faults.append((keys | join('|'), 'row_key', 'duplicate_key_fault')) %}
select table_name, row_key, fault.column_name, fault.value, fault.rule, cast(null as date) as matters_from
from (
    select
        '{{ table }}' as table_name,
        row_key,
        explode(array({% for name, value, rule in faults %}
            named_struct('column_name', '{{ name }}', 'value', {{ value }}, 'rule', {{ rule }}){{ ',' if not loop.last }}{% endfor %}
        )) as fault
    from {{ relation }}
    where not is_accepted
) as faults
where fault.rule is not null
{{ 'union all' if not loop.last }}
{%- endfor -%}
{%- else -%}
select 1 as table_name
{%- endif -%}
{% endmacro %}
