{#- The seven weekly metrics, in the order in which they are published. -#}
{% macro scorecard_metrics() %}
    {{ return([
        'load_ratio', 'counted_interaction_count', 'mean_detection_days', 'mean_sentiment_score', 'follow_up_density',
        'unmonitored_ratio', 'mean_quality_score',
    ]) }}
{% endmacro %}

{#- What scorecards show of the marts of detection. -#}
{% macro detection_columns() %}
    {{ return([
        'detected_episode_count', 'within_window_count', 'open_undetected_count', 'mean_detection_days',
        'within_window_ratio', 'mean_open_age_days',
    ]) }}
{% endmacro %}

{#- Columns of the marts of outcomes, in the order in which they are published. -#}
{% macro outcome_columns() %}
    {{ return([
        'opening_arr_usd', 'net_retained_arr_usd', 'net_retention_ratio', 'gross_retained_arr_usd',
        'gross_retention_ratio', 'expansion_arr_usd', 'expansion_ratio', 'opening_account_count',
        'retained_account_count', 'logo_retention_ratio', 'csat_response_count', 'csat_total_score', 'mean_csat_score',
        'csat_satisfied_count', 'csat_satisfied_ratio', 'nps_response_count', 'nps_promoter_count',
        'nps_detractor_count', 'net_promoter_score',
    ]) }}
{% endmacro %}

{#- Of each metric, as a select with the relation's columns: last week's value, null where last week has no row,
    and the trend, the least-squares slope per week over the values of the last `slope_weeks` weeks. A row is shown to
    each of the weeks that look back on it, a dozen, and grouped back: a window for each metric costs a multiple. -#}
{% macro metric_trends(relation, keys) -%}
    {% set grain = keys + ['week_start_date'] -%}
    {% set earlier = [relation ~ '.week_start_date = ' ~ days_after('last_week.week_start_date', 7)] -%}
    {% for key in keys %}{% do earlier.append(relation ~ '.' ~ key ~ ' = last_week.' ~ key) %}{% endfor -%}
    select
        {{ relation }}.*,
        {% for metric in scorecard_metrics() -%}
        last_week.{{ metric }} as previous_{{ metric }},
        trends.{{ metric }} as trend_{{ metric }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    left join {{ relation }} as last_week on {{ earlier | join(' and ') }}
    left join (
        select
            {{ grain | join(', ') }},
            {% for metric in scorecard_metrics() -%}
            -- one value has no slope, and what engines give for it (NaN) would rank above every other; rounded, since a
            -- level line would lean by what arithmetic leaves
            case
                when count({{ metric }}) > 1 and count({{ metric }}) >= {{ threshold('slope_minimum_count') }}
                    then {{ without_residue('regr_slope(cast(' ~ metric ~ ' as double), -weeks_ago)') }}
            end as {{ metric }}{{ ',' if not loop.last }}
            {% endfor %}
        from (
            select
                {{ qualified(relation, keys) }},
                {{ days_after(relation ~ '.week_start_date', '7 * weeks_back.whole_number') }} as week_start_date,
                weeks_back.whole_number as weeks_ago,
                {{ qualified(relation, scorecard_metrics()) }}
            from {{ relation }}
            cross join ({{ whole_numbers(0, threshold('slope_weeks') ~ ' - 1') }}) as weeks_back
        ) as values_in_reach
        group by {{ grain | join(', ') }}
    ) as trends
        on {% for key in grain %}{{ relation }}.{{ key }} = trends.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- The columns of one relation. -#}
{% macro qualified(relation, columns) -%}
    {% for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- Sums of counts over the rows of a group, each under its own name. -#}
{% macro counts_of(relation, columns) -%}
    {% for column in columns -%}
    cast(sum({{ relation }}.{{ column }}) as bigint) as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
