{#- What staging found, gathered over all tables of the contract. `tables`: (domain, table, relation of checked rows,
    relation of accepted rows). -#}

{#- `matters_from`: from when the row would matter, for which the next build looks; null where it cannot matter. -#}
{% macro faults_of(tables, interactions) %}
    {{- adapter.dispatch('faults_of', 'book_of_business')(tables, interactions) -}}
{% endmacro %}

{% macro default__faults_of(tables, interactions) %}
{%- if execute -%}
select
    faults.table_name,
    faults.row_key,
    faults.column_name,
    faults.value,
    faults.rule,
    least(faults.own_date, cast(interactions.started_at as date)) as matters_from
from (
{%- for domain, table, relation in tables -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
{%- set unruled = unruled_columns(columns, keys) -%}
{%- set outer_loop = loop -%}
{%- set meta = contract.config.meta -%}
{%- set dates = ['null'] -%}
{%- for name in dates_to_matter(contract) -%}{%- do dates.append('checked.' ~ name) -%}{%- endfor -%}
{%- set since -%}
    cast(least({{ dates | join(', ') }}) as date) as own_date,
    {{ 'checked.interaction_id' if meta.matters_with else 'cast(null as string)' }} as interaction_id
{%- endset -%}
{%- set source_rows = relation ~ ' as checked' -%}
{%- for column in columns if column.name not in unruled %}
select '{{ table }}' as table_name, checked.row_key, '{{ column.name }}' as column_name, checked.{{ column.name }}_rejected_value as value, checked.{{ column.name }}_fault as rule, {{ since }}
from {{ source_rows }}
where not checked.is_accepted and checked.{{ column.name }}_fault is not null
union all
{%- endfor %}
{%- if table == 'account_assignments' %}
select '{{ table }}' as table_name, checked.row_key, 'assigned_on' as column_name, cast(checked.assigned_on as string) as value, checked.overlapping_assignment_fault as rule, {{ since }}
from {{ source_rows }}
where not checked.is_accepted and checked.overlapping_assignment_fault is not null
union all
{%- endif %}
select '{{ table }}' as table_name, checked.row_key, '{{ keys | join('|') }}' as column_name, checked.row_key as value, checked.duplicate_key_fault as rule, {{ since }}
from {{ source_rows }}
where not checked.is_accepted and checked.duplicate_key_fault is not null
{{ 'union all' if not outer_loop.last }}
{%- endfor -%}
) as faults
-- an interaction's id is unique
left join {{ interactions }} as interactions on faults.interaction_id = interactions.interaction_id
{%- else -%}
select 1 as table_name
{%- endif -%}
{% endmacro %}

{#- No table is gone through for it: rejected rows stand in what was checked, and a column is known to be observed at the
    first value. That the other rows are those that staging gives is for a test to say. -#}
{% macro coverage_of(tables) %}
{%- if execute -%}
{%- for domain, table, checked, accepted in tables -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table] -%}
{%- set meta = contract.config.meta -%}
{%- set present = raw_column_types(table) -%}
{%- set absent_columns = contract.columns.keys() | reject('in', present) | join(', ') if present else '' %}
select
    '{{ table }}' as table_name,
    {{ 'true' if present else 'false' }} as is_present,
    {{ 'true' if meta.is_required else 'false' }} as is_required,
    counts.read_count,
    counts.read_count - counts.rejected_count as accepted_count,
    counts.rejected_count,
    counts.read_count > counts.rejected_count as is_observed,
    {{ "'" ~ absent_columns ~ "'" if absent_columns else 'cast(null as string)' }} as absent_columns,
    case
        when counts.read_count = counts.rejected_count
            then {{ "'" ~ meta.without_it | replace("'", "''") ~ "'" if meta.without_it else "'no row of a required table was accepted'" }}
        {%- set judged_columns = contract.columns.values() | selectattr('config.meta.without_it', 'defined') | list %}
        {%- if judged_columns %}
        {#- a column that is empty in all rows is as good as absent -#}
        else nullif(concat_ws('; '
            {%- for column in judged_columns -%}
            , case
                when not exists (select 1 from {{ accepted }} where {{ column.name }} is not null)
                    then 'without {{ column.name }}: {{ column.config.meta.without_it | replace("'", "''") }}'
            end
            {%- endfor -%}
        ), '')
        {%- endif %}
    end as unavailable
from (
    select
        (select count(*) from {{ raw_rows_of(domain, table) }}) as read_count,
        (select count(*) from {{ checked }} where not is_accepted) as rejected_count
) as counts
{{ 'union all' if not loop.last }}
{%- endfor -%}
{%- else -%}
select 1 as table_name
{%- endif -%}
{% endmacro %}
