{#- Restricted means of earlier weeks are kept, like what keeps_earlier_weeks() keeps: `counted` is int_risk_groups__counted,
    `after` is there for dbt's order of models only. -#}
{% macro keeps_earlier_means() -%}
    {{ keeps_rows("{{ forget_means_to_rebuild(ref('int_risk_groups__counted'), ref('int_rebuild')) }}") }}
{%- endmacro %}

{#- The first week whose means are computed again: R, or an earlier one that no longer has the episodes its mean was made
    of. The first renewal on record ends every delay before it, and so rewrites weeks that are long past. -#}
{% macro means_rebuild_from(counted) -%}
    {%- if not execute or not is_rebuilding() -%}
        {{ return(rebuild_from()) }}
    {%- endif -%}
    {%- set compared = 'select scope, group_name, week_start_date, restricted_episode_count, open_undetected_count, open_microseconds, detected_episode_count, detection_microseconds from ' -%}
    {%- set query -%}
        select cast(min(week_start_date) as varchar)
        from (
            (
                {{ compared }} {{ counted }} where restricted_episode_count >= {{ threshold('minimum_episodes') }}
                except {{ compared }} {{ this }}
            )
            union all
            ({{ compared }} {{ this }} except {{ compared }} {{ counted }})
        ) as changed
    {%- endset -%}
    {%- set first_changed = run_query(query).rows[0][0] -%}
    {{ return('least(' ~ rebuild_from() ~ ", date '" ~ first_changed ~ "')" if first_changed else rebuild_from()) }}
{%- endmacro %}

{% macro forget_means_to_rebuild(counted, after) -%}
    {%- if execute and load_cached_relation(this) -%}
        delete from {{ this }} where week_start_date >= {{ means_rebuild_from(counted) }}
    {%- endif -%}
{%- endmacro %}
