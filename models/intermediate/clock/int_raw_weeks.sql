-- Grain: one row per table_name and part and week_start_date.
-- Why: what was built before is kept where no raw row has changed; counts and hashes of a week tell.
{%- set tables = [] -%}
{%- for domain, table in raw_tables() -%}
    {#- which weeks a subscription matters to depends on the lines around it -#}
    {%- set depends_on_others = table == 'subscriptions' -%}
    {%- set accepted = ref('int_subscriptions__in_force' if depends_on_others else 'stg_' ~ domain ~ '__' ~ table) -%}
    {%- do tables.append((domain, table, accepted)) -%}
{%- endfor %}
{{ raw_weeks_of(tables, ref('stg_interactions__interactions'), ref('stg_usage__product_weeks'), ref('int_clock')) }}
