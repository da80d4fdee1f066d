{#- dbt's own materialization of unit tests, but for the bounds of frames: what a unit test gives for a threshold stands in
    the query itself, so that the bound can be looked up only once the query is written. -#}
{% materialization unit, adapter='spark' %}
    {%- set sql = with_known_bounds(sql) -%}
    {%- set expected_rows = config.get('expected_rows') -%}
    {%- set expected_sql = config.get('expected_sql') -%}
    {%- set names = expected_rows[0].keys() | list if expected_rows else get_columns_in_query(sql) -%}
    {%- set temp_relation = make_temp_relation(this.incorporate(type='view')) -%}
    {% do run_query(get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql))) %}
    {%- set types = {} -%}
    {%- set quoted = {} -%}
    {%- for column in adapter.get_columns_in_relation(temp_relation) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set quoted_names = [] -%}
    {%- for name in names -%}{%- do quoted_names.append(quoted[name | lower]) -%}{%- endfor -%}
    {%- if not expected_sql -%}
        {%- set expected_sql = get_expected_sql(expected_rows, types, quoted) -%}
    {%- endif -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected_sql, quoted_names) }}
    {%- endcall -%}
    {% do adapter.drop_relation(temp_relation) %}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{#- `[[bound: expression]]` as the number it is, with the rows that the query itself gives the expression. -#}
{% macro with_known_bounds(sql) %}
    {%- set known = namespace(sql=sql) -%}
    {%- for expression in modules.re.findall('(?s)\\[\\[bound: (.*?)\\]\\]', sql) | unique -%}
        {%- set given = [] -%}
        {%- for name in modules.re.findall('__dbt__cte__\\w+', expression) | unique -%}
            {%- do given.append(modules.re.search('(?s)' ~ name ~ ' as \\(\\n.*?\\n\\)', sql).group(0)) -%}
        {%- endfor -%}
        {%- set bound = run_query('with ' ~ given | join(', ') ~ ' select ' ~ expression).rows[0][0] -%}
        {%- set known.sql = known.sql | replace('[[bound: ' ~ expression ~ ']]', bound | string) -%}
    {%- endfor -%}
    {{ return(known.sql) }}
{% endmacro %}
