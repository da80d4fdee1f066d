{#- The seven weekly metrics, in the order in which they are published. -#}
{% macro scorecard_metrics() %}
    {{ return([
        'load_ratio', 'counted_interaction_count', 'mean_detection_days', 'mean_sentiment_score', 'follow_up_density',
        'unmonitored_ratio', 'mean_quality_score',
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
    and the trend, the least-squares slope per week over the values of the last `slope_weeks` weeks. -#}
{% macro metric_trends(relation, keys) -%}
    {% set keyed = [relation ~ '.week_start_date = ' ~ days_after('last_week.week_start_date', 7)] -%}
    {% for key in keys -%}
    {% do keyed.append(relation ~ '.' ~ key ~ ' = last_week.' ~ key) -%}
    {% endfor -%}
    select
        {{ relation }}.*,
        {% for metric in scorecard_metrics() -%}
        last_week.{{ metric }} as previous_{{ metric }},
        -- one value has no slope, and what engines give for it (NaN) would rank above every other
        case
            when
                count({{ relation }}.{{ metric }}) over trailing_weeks >= {{ threshold('slope_minimum_count') }}
                and count({{ relation }}.{{ metric }}) over trailing_weeks > 1
                then
                    -- rounded: day numbers are large, and a level line would lean by what arithmetic leaves
                    {{ comparable(
                        '7 * regr_slope(' ~ relation ~ '.' ~ metric ~ ', ' ~ day_number(relation ~ '.week_start_date')
                        ~ ') over trailing_weeks'
                    ) }}
        end as trend_{{ metric }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    left join {{ relation }} as last_week on {{ keyed | join(' and ') }}
    window trailing_weeks as (
        partition by {% for key in keys %}{{ relation }}.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
        order by {{ day_number(relation ~ '.week_start_date') }}
        {{ trailing_days_frame('7 * ' ~ threshold('slope_weeks')) }}
    )
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
