-- Grain: one row per fault of a raw row.
-- Why: what is left out of the marts is listed, with the rule it breaks; nothing is lost.
{%- set tables = [] -%}
{%- for domain, table in raw_tables() -%}
    {%- do tables.append((domain, table, ref('base_' ~ domain ~ '__' ~ table))) -%}
{%- endfor %}
{{ faults_of(tables, ref('stg_interactions__interactions'), ref('base_quality__scales')) }}
