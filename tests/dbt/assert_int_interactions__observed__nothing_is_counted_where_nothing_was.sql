-- Where no interaction was accepted, nothing that is measured from interactions has a value, not even 0; where one was,
-- books and accounts have their counts. Otherwise an export without conversations reads as a team that holds none, and
-- every account as neglected; or a null hides a count that is known.
{% set measures = [
    ('fct_csm_coverage', 'unmonitored_account_count'),
    ('fct_csm_coverage', 'expected_unmonitored_count'),
    ('fct_csm_coverage', 'overdue_account_count'),
    ('fct_account_coverage', 'is_unmonitored'),
    ('fct_account_coverage', 'is_overdue'),
    ('fct_csm_throughput', 'counted_interaction_count'),
    ('fct_csm_throughput', 'meaningful_interaction_count'),
    ('fct_csm_throughput', 'consecutive_weeks_over_ceiling'),
    ('fct_csm_throughput', 'is_intervention'),
    ('fct_csm_throughput', 'cusum_score'),
    ('fct_csm_engagement', 'interaction_count'),
    ('fct_csm_engagement', 'is_rankable'),
    ('fct_book_sentiment', 'sentiment_account_count'),
    ('fct_account_conversations', 'interaction_count_last_13_weeks'),
] %}
with

observed as (

    select * from {{ ref('int_interactions__observed') }}

),

counted as (

    {% for mart, column in measures %}
        select
            '{{ mart }}.{{ column }}' as measure,
            count(*) as row_count,
            count({{ column }}) as value_count
        from {{ ref(mart) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
    union all
    -- of a person alone: nobody plans the touches of `unassigned`
    select
        'fct_touch_plan.actual_touch_count' as measure,
        count(*) as row_count,
        count(actual_touch_count) as value_count
    from {{ ref('fct_touch_plan') }}
    where csm_id != 'unassigned'

),

final as (

    select
        counted.measure,
        counted.row_count,
        counted.value_count

    from counted
    cross join observed
    where counted.value_count != case when observed.has_interactions then counted.row_count else 0 end

)

select * from final
