{#- product_usage by account, product and week. Days are counted as bits: as many rows as days are all different. -#}
{% macro usage_weeks(accounts) %}
{%- set relation = source('usage', 'product_usage') -%}
{%- if execute -%}
{%- set contract = graph.sources['source.' ~ project_name ~ '.usage.product_usage'] -%}
{%- set raw_types = raw_column_types('product_usage') -%}
{%- set columns = contract.columns.values() | list -%}
{%- set keys = contract.config.meta.grain -%}
with

received_rows as (

    select
        {%- for column in columns %}
        {{ adapter.quote(column.name) if column.name in raw_types else 'cast(null as string)' }} as {{ column.name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation if raw_types else '(select 1 as nothing where false) as nothing' }}

),

parsed_rows as (

    {{ parsed_rows('received_rows', columns, keys, raw_types) }}

),

weeks as (

    select
        account_id_raw as account_id,
        product_raw as product,
        {{ week_start('used_on') }} as week_start_date,
        count(*) as row_count,
        bit_count(bit_or(1 << cast(dayofweek(used_on) as integer))) as day_count,
        count(case when {% for column in columns %}{{ column_fault(column, keys, false, false, raw_types) }} is null{{ ' and ' if not loop.last }}{% endfor %} then 1 end) as sound_count,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(active_users) as bigint) as active_user_count,
        max(case when coalesce(active_users, event_count) is null or active_users > 0 or event_count > 0 then used_on end) as last_used_on
    from parsed_rows
    group by account_id_raw, product_raw, {{ week_start('used_on') }}

),

known_accounts as (

    select account_id as known_account_id from {{ accounts }}

)

select
    weeks.account_id,
    weeks.product,
    weeks.week_start_date,
    {{ row_hash(['weeks.account_id', 'weeks.product', 'weeks.week_start_date']) }} as suspect_key,
    weeks.row_count != weeks.sound_count or weeks.row_count != weeks.day_count
    {%- if raw_column_types('accounts') %} or known_accounts.known_account_id is null{% endif %} as is_suspect,
    weeks.event_count,
    weeks.active_user_count,
    weeks.last_used_on
from weeks
-- an account's id is unique
left join known_accounts on weeks.account_id = known_accounts.known_account_id
{%- else -%}
select 1 as nothing
{%- endif -%}
{% endmacro %}
