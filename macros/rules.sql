{#- A constant of the business, from seeds/reference/thresholds.csv: none stands in SQL. -#}
{% macro threshold(name) -%}
    (select value from {{ ref('thresholds') }} where threshold = '{{ name }}')
{%- endmacro %}

{#- A constant of one risk signal, from seeds/reference/risk_signal_rules.csv. -#}
{% macro signal_rule(signal_type, parameter) -%}
    (
        select value from {{ ref('risk_signal_rules') }}
        where signal_type = '{{ signal_type }}' and parameter = '{{ parameter }}'
    )
{%- endmacro %}

{#- Measures are compared after rounding: 0.1 + 0.2 must not be above 0.3. -#}
{% macro comparable(measure) -%}
    round({{ measure }}, 9)
{%- endmacro %}

{#- Ratio that is null, not an error, where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    {{ numerator }} / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#- Join condition: the level of a factor whose bounds hold the measure. A test proves that the levels of a factor
    neither overlap nor leave a gap, so the join keeps one row. -#}
{% macro is_level_of(levels, factor, measure) -%}
    {{ levels }}.factor = '{{ factor }}'
    and (
        {{ levels }}.lower_bound is null
        or {{ comparable(measure) }} > {{ levels }}.lower_bound
        or ({{ comparable(measure) }} = {{ levels }}.lower_bound and {{ levels }}.lower_is_inclusive)
    )
    and (
        {{ levels }}.upper_bound is null
        or {{ comparable(measure) }} < {{ levels }}.upper_bound
        or ({{ comparable(measure) }} = {{ levels }}.upper_bound and {{ levels }}.upper_is_inclusive)
    )
{%- endmacro %}

{#- Length of the run of true that ends with this row; a null row carries the run unchanged (leave does not break
    it). Rows need a column `streak_number`, see streak_number(). -#}
{% macro consecutive_count(flag, partition_by, order_by) -%}
    cast(sum(case when {{ flag }} then 1 else 0 end) over (
        partition by {{ partition_by }}, streak_number
        order by {{ order_by }} rows between unbounded preceding and current row
    ) as bigint)
{%- endmacro %}

{#- Counts the false rows so far: each of them ends a run. -#}
{% macro streak_number(flag, partition_by, order_by) -%}
    sum(case when {{ flag }} = false then 1 else 0 end) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Union of overlapping or touching week spans (from_week, to_week exclusive) of the same keys, as a select. Two
    subscriptions of one product at once are one product. -#}
{% macro merged_spans(relation, keys) -%}
    select
        {{ keys | join(', ') }},
        min(from_week) as from_week,
        max(to_week) as to_week

    from (
        select
            *,
            sum(case when from_week <= reached_week then 0 else 1 end) over (
                partition by {{ keys | join(', ') }} order by from_week rows between unbounded preceding and current row
            ) as island_number

        from (
            select
                *,
                max(to_week) over (
                    partition by {{ keys | join(', ') }}
                    order by from_week
                    rows between unbounded preceding and 1 preceding
                ) as reached_week

            from (
                -- one span for each start: the two windows would each break ties in an order of their own
                select {{ keys | join(', ') }}, from_week, max(to_week) as to_week
                from {{ relation }}
                group by {{ keys | join(', ') }}, from_week
            ) as spans_by_start
        ) as spans_with_reach
    ) as spans_with_island
    group by {{ keys | join(', ') }}, island_number
{%- endmacro %}

{#- How many spans hold, as a select with a row for each account_id and week_start_date in which that may change and a
    column for each entry of `spans` ({column: relation with account_id, from_week, to_week}; to_week is exclusive, null
    where there is no end). The weeks of `starts` (account_id, from_week) are there too, so that nobody is left out. -#}
{% macro span_counts(starts, spans) -%}
    select
        account_id,
        week_start_date,
        {% for name in spans -%}
        {{ running_sum('sum(' ~ name ~ ')', 'account_id', 'week_start_date') }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        {% for relation in starts -%}
        select account_id, from_week as week_start_date{% for name in spans %}, 0 as {{ name }}{% endfor %} from {{ relation }}
        union all
        {% endfor -%}
        {% for counted, relation in spans.items() -%}
        select account_id, from_week{% for name in spans %}, {{ 1 if name == counted else 0 }}{% endfor %} from {{ relation }}
        union all
        select account_id, to_week{% for name in spans %}, {{ -1 if name == counted else 0 }}{% endfor %} from {{ relation }}
        where to_week is not null
        {{ 'union all' if not loop.last }}
        {% endfor -%}
    ) as changes
    group by account_id, week_start_date
{%- endmacro %}

{#- The eight effort factors, in the order in which they are published. -#}
{% macro effort_factors() %}
    {{ return([
        'lifecycle', 'stakeholders', 'footprint', 'custom_configuration', 'health_trajectory', 'expansion', 'sentiment',
        'follow_up',
    ]) }}
{% endmacro %}

{#- Whether a quarter of the horizon renews more than the share. Nobody is to blame for the book that nobody owns. -#}
{% macro renewal_flag(relation, threshold_name) -%}
    case
        when {{ relation }}.csm_id = 'unassigned' or {{ relation }}.renewal_share is null then null
        else {{ relation }}.is_in_horizon and {{ comparable(relation ~ '.renewal_share') }} > {{ threshold(threshold_name) }}
    end
{%- endmacro %}
