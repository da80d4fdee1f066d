{#- What the models of usage go on from when earlier weeks are kept: the weeks that medians look back on, as they were
    scored, and the sum of losses of the last of them. -#}

{% macro scored_usage_history() -%}
    {%- if is_rebuilding() -%}
    union all
    select account_id, week_start_date, usage_count, own_log_change
    from {{ this }}
    where
        week_start_date < {{ rebuild_from() }}
        and week_start_date >= {{ weeks_before_rebuild(
            usage_rule_weeks(signal_rule('usage_decline', 'baseline_weeks'))
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- The weeks of `usage_weeks` that the medians of R and later look back on. -#}
{% macro since_usage_baseline(baseline_weeks, gap_weeks) -%}
    {%- if is_rebuilding() -%}
    where usage_weeks.week_start_date >= {{ weeks_before_rebuild(
        usage_rule_weeks(baseline_weeks) + usage_rule_weeks(gap_weeks)
    ) }}
    {%- endif -%}
{%- endmacro %}

{% macro summed_usage_history() -%}
    {%- if is_rebuilding() -%}
    union all
    select account_id, week_start_date, cusum_score
    from {{ this }}
    where week_start_date = {{ weeks_before_rebuild(1) }}
    {%- endif -%}
{%- endmacro %}

{% macro usage_rule_weeks(rule) %}
    {{ return(run_query('select cast(' ~ rule ~ ' as integer) as weeks').rows[0][0] if execute else 0) }}
{% endmacro %}
