{#- Whether schema `marts` holds the marts of one whole run: what `publish` asks before it shows them to anyone. -#}

{#- At the start of a run that changes marts they are no longer of one run. -#}
{% macro forget_whole_run() %}
    {% if execute and target.type == 'duckdb' and flags.WHICH in ('run', 'build') %}
        {% do run_query('drop table if exists raw.whole_run') %}
    {% endif %}
{% endmacro %}

{#- At its end: all models, nothing failed. Marts that the project no longer has go, or they would be published for ever. -#}
{% macro remember_whole_run(results) %}
    {% if not execute or target.type != 'duckdb' or flags.WHICH not in ('run', 'build') or invocation_args_dict.get('select') %}
        {{ return('') }}
    {% endif %}
    {% if results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {{ return('') }}
    {% endif %}
    {% set marts = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('schema', 'equalto', 'marts') | map(attribute='name') | list %}
    {% for row in run_query("select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'marts'").rows %}
        {% if row[0] not in marts %}
            {% do run_query('drop table marts."' ~ row[0] ~ '"') %}
        {% endif %}
    {% endfor %}
    {% do run_query("create table raw.whole_run as select " ~ marts | length ~ " as mart_count") %}
{% endmacro %}
