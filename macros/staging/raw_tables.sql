{#- Tables of the raw contract as a list of (domain, table). dbt has to see every ref() while it parses, before it knows the
    sources' YAML, so their names stand here once more; as soon as the YAML is known, a table that is missing on either
    side stops the run. -#}
{% macro raw_tables() %}
    {% set domains = {
        'crm': [
            'csms', 'accounts', 'account_assignments', 'subscriptions', 'lifecycle_stage_changes', 'contacts', 'opportunities',
            'opportunity_stage_changes', 'health_scores', 'csm_absences', 'risk_flags', 'effort_surveys',
        ],
        'usage': ['product_usage'],
        'support': ['tickets'],
        'interactions': [
            'interactions', 'interaction_participants', 'interaction_topics', 'action_items', 'time_entries', 'transcripts',
        ],
        'outcomes': ['renewals', 'survey_responses'],
    } %}
    {% set tables = [] %}
    {% for domain, names in domains.items() %}
        {% for name in names %}
            {% do tables.append((domain, name)) %}
        {% endfor %}
    {% endfor %}
    {% if execute %}
        {% set described = [] %}
        {% for table in contract_tables() %}
            {% do described.append((table.source_name, table.name)) %}
        {% endfor %}
        {% for domain, name in described if (domain, name) not in tables %}
            {% do exceptions.raise_compiler_error('models/staging/' ~ domain ~ '/_' ~ domain ~ '__sources.yml describes the table ' ~ name
                ~ ', which no model of quality or rebuilds reads: add it to macros/staging/raw_tables.sql') %}
        {% endfor %}
        {% for domain, name in tables if (domain, name) not in described %}
            {% do exceptions.raise_compiler_error('macros/staging/raw_tables.sql names ' ~ domain ~ '.' ~ name
                ~ ', which no sources YAML describes: describe it in models/staging/' ~ domain ~ ', or delete it there') %}
        {% endfor %}
    {% endif %}
    {{ return(tables) }}
{% endmacro %}

{#- What the YAML says of a table: its columns, and rules under config.meta. Nothing is known of it while dbt parses. -#}
{% macro contract_of(domain, table) %}
    {{ return(graph.sources['source.' ~ project_name ~ '.' ~ domain ~ '.' ~ table]) }}
{% endmacro %}

{#- {column: DuckDB type} of a registered raw table, without case; empty when the table was not supplied. -#}
{% macro raw_column_types(table) %}
    {% set types = {} %}
    {% for row in run_query("select column_name, data_type from raw.registered_columns where table_name = '" ~ table ~ "'").rows %}
        {% do types.update({row[0]: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}

{#- The rows of a raw table as received; none where the table was not supplied. -#}
{% macro raw_rows_of(domain, table) -%}
    {%- set relation = source(domain, table) -%}
    {{ relation if execute and raw_column_types(table) else '(select 1 as nothing where false) as nothing' }}
{%- endmacro %}

{#- The columns of the contract as received, as a select of <column>_raw and suspect_key. -#}
{% macro received_rows_of(domain, table) -%}
    {%- set rows = raw_rows_of(domain, table) -%}
    {{ received_rows(rows, contract_of(domain, table), raw_column_types(table)) if execute }}
{%- endmacro %}

{#- `relation`, which is what received_rows_of() gives, with each column in the type of the contract beside, and row_key. -#}
{% macro parsed_rows_of(domain, table, relation) -%}
    {%- if execute -%}
        {%- set contract = contract_of(domain, table) -%}
        {{ parsed_rows(relation, contract.columns.values() | list, contract.config.meta.grain, raw_column_types(table)) }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a row of parsed_rows_of() breaks none of the rules that need no other table, as a condition. -#}
{% macro is_row_sound(domain, table) -%}
    {%- if execute -%}
        {%- set contract = contract_of(domain, table) -%}
        {%- for column in contract.columns.values() -%}
            {{ column_fault(column, contract.config.meta.grain, false, false, raw_column_types(table)) }} is null{{ ' and ' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
