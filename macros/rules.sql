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

{#- Whether a health score is red. -#}
{% macro is_red(score) -%}
    {{ comparable(score) }} < {{ threshold('red_health_score') }}
{%- endmacro %}

{#- A number of weeks that is a signal rule, as a number: while dbt parses, 0. -#}
{% macro usage_rule_weeks(rule) %}
    {{ return(run_query('select cast(' ~ rule ~ ' as integer) as weeks').rows[0][0] if execute else 0) }}
{% endmacro %}

{#- Measures are compared after rounding: 0.1 + 0.2 must not be above 0.3. -#}
{% macro comparable(measure) -%}
    round({{ measure }}, 9)
{%- endmacro %}

{#- A published slope: the digits beyond are what arithmetic leaves, and they depend on the order of adding. A level line
    must have none; nine decimals would be too few, since a tie in the tenth falls either way. -#}
{% macro without_residue(measure) -%}
    round({{ measure }}, 12)
{%- endmacro %}

{#- Whether an answer to CSAT says that the customer is satisfied. -#}
{% macro is_satisfied(score) -%}
    {{ comparable(score) }} >= {{ threshold('csat_satisfied_score') }}
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

{#- Union of overlapping or touching spans (from_week, to_week exclusive, or days of other names) of the same keys, as a
    select. Two subscriptions of one product at once are one product. -#}
{% macro merged_spans(relation, keys, from='from_week', to='to_week') -%}
    select
        {{ keys | join(', ') }},
        min({{ from }}) as {{ from }},
        max({{ to }}) as {{ to }}

    from (
        select
            *,
            sum(case when {{ from }} <= reached then 0 else 1 end) over (
                partition by {{ keys | join(', ') }} order by {{ from }} rows between unbounded preceding and current row
            ) as island_number

        from (
            select
                *,
                max({{ to }}) over (
                    partition by {{ keys | join(', ') }}
                    order by {{ from }}
                    rows between unbounded preceding and 1 preceding
                ) as reached

            from (
                -- one span for each start: the two windows would each break ties in an order of their own
                select {{ keys | join(', ') }}, {{ from }}, max({{ to }}) as {{ to }}
                from {{ relation }}
                group by {{ keys | join(', ') }}, {{ from }}
            ) as spans_by_start
        ) as spans_with_reach
    ) as spans_with_island
    group by {{ keys | join(', ') }}, island_number
{%- endmacro %}

{#- How many spans hold, as a select with a row for each `key` and week_start_date in which that may change and a
    column for each entry of `spans` ({column: relation with the key, from_week, to_week}; to_week is exclusive, null
    where there is no end). The weeks of `starts` (key, from_week) are there too, so that nobody is left out. -#}
{% macro span_counts(starts, spans, key='account_id') -%}
    select
        {{ key }},
        week_start_date,
        {% for name in spans -%}
        {{ running_sum('sum(' ~ name ~ ')', key, 'week_start_date') }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        {% for relation in starts -%}
        select {{ key }}, from_week as week_start_date{% for name in spans %}, 0 as {{ name }}{% endfor %} from {{ relation }}
        union all
        {% endfor -%}
        {% for counted, relation in spans.items() -%}
        select {{ key }}, changed_week{% for name in spans %}, {{ 'direction' if name == counted else 0 }}{% endfor %} from {{ span_ends(relation) }}
        where direction = 1 or changed_week is not null
        {{ 'union all' if not loop.last }}
        {% endfor -%}
    ) as changes
    group by {{ key }}, week_start_date
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

{#- Categories of interactions in the order in which they are published; `unclassified` is a type that
    `interaction_types` lacks. -#}
{% macro interaction_categories() %}
    {{ return([
        'strategic', 'onboarding', 'escalation', 'internal_advocacy', 'administrative', 'unclassified',
    ]) }}
{% endmacro %}

{#- Standard deviation of weekly counts at the normal level: the mean of a Poisson count that is above the ceiling in
    `normal_exceedance_share` of the weeks. The mean is its square, since mean + z x root(mean) = the border between the
    last count within the ceiling and the first above it (half way, for whole numbers). -#}
{% macro normal_deviation(ceiling) -%}
    (
        sqrt(
            power({{ threshold('normal_exceedance_score') }}, 2) + 4 * (floor({{ comparable(ceiling) }}) + 0.5)
        ) - {{ threshold('normal_exceedance_score') }}
    ) / 2
{%- endmacro %}

{#- Sample standard deviation from a count, the sum of deviations from any centre, and the sum of their squares. What
    is less than 1e-13 of the squares is what arithmetic leaves of scores that are all the same. -#}
{% macro standard_deviation(count, deviation_sum, square_sum) -%}
    {%- set squares = square_sum ~ ' - ' ~ deviation_sum ~ ' * ' ~ deviation_sum ~ ' / ' ~ count -%}
    sqrt(case when {{ squares }} > 1e-13 * {{ square_sum }} then {{ squares }} else 0 end / nullif({{ count }} - 1, 0))
{%- endmacro %}

{#- Sums over the spans (csm_id, from_week, to_week exclusive) that hold in each week, as a select with a row for each
    csm_id and week_start_date of `books`. `sums` maps each column to the count that is 0 exactly where the sum is: a
    running sum of fractions may leave a remainder there. Spans cost two rows each, however many weeks they last. -#}
{% macro summed_spans(books, spans, sums) -%}
    select
        csm_id,
        week_start_date,
        {% for column, counted_by in sums.items() -%}
        {% if column == counted_by -%}
        cast(sum({{ column }}) over earlier_weeks as bigint) as {{ column }}
        {%- else -%}
        case when sum({{ counted_by }}) over earlier_weeks > 0 then sum({{ column }}) over earlier_weeks else 0 end
            as {{ column }}
        {%- endif %}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ books }}.csm_id,
            {{ books }}.week_start_date,
            {% for column in sums -%}
            coalesce(sum(changes.direction * changes.{{ column }}), 0) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ books }}
        left join {{ span_ends(spans) }}
            on {{ books }}.csm_id = changes.csm_id and {{ books }}.week_start_date = changes.changed_week
        group by {{ books }}.csm_id, {{ books }}.week_start_date
    ) as weekly_changes
    window earlier_weeks as (
        partition by csm_id order by week_start_date rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- What became of the accounts of a group, and what they answer: the same in every mart. -#}
{% macro outcome_measures(relation) -%}
    {% for column in outcome_sums() -%}
    {{ relation }}.{{ column }},
    {% endfor -%}
    {{ relation }}.net_retained_arr_usd - {{ relation }}.gross_retained_arr_usd as expansion_arr_usd,
    {{ ratio(relation ~ '.net_retained_arr_usd', relation ~ '.opening_arr_usd') }} as net_retention_ratio,
    {{ ratio(relation ~ '.gross_retained_arr_usd', relation ~ '.opening_arr_usd') }} as gross_retention_ratio,
    {{ ratio(relation ~ '.retained_account_count', relation ~ '.opening_account_count') }} as logo_retention_ratio,
    {{ ratio('(' ~ relation ~ '.net_retained_arr_usd - ' ~ relation ~ '.gross_retained_arr_usd)', relation ~ '.opening_arr_usd') }}
        as expansion_ratio,
    {{ ratio(relation ~ '.csat_total_score', relation ~ '.csat_response_count') }} as mean_csat_score,
    {{ ratio(relation ~ '.csat_satisfied_count', relation ~ '.csat_response_count') }} as csat_satisfied_ratio,
    100 * {{ ratio('(' ~ relation ~ '.nps_promoter_count - ' ~ relation ~ '.nps_detractor_count)', relation ~ '.nps_response_count') }}
        as net_promoter_score
{%- endmacro %}

{#- The same sums, over the books of a group. -#}
{% macro summed_outcomes() -%}
    {% for column in outcome_sums() -%}
    cast(sum({{ column }}) as {{ 'bigint' if column.endswith('_count') else 'double' }}) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- What outcome_measures() is made of: sums over books. -#}
{% macro outcome_sums() %}
    {{ return([
        'opening_arr_usd', 'net_retained_arr_usd', 'gross_retained_arr_usd', 'opening_account_count',
        'retained_account_count', 'csat_response_count', 'csat_total_score', 'csat_satisfied_count',
        'nps_response_count', 'nps_promoter_count', 'nps_detractor_count',
    ]) }}
{% endmacro %}
