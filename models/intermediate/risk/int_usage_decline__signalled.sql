-- Grain: one row per account_id and week_start_date in which its use begins to count as declining.
-- Why: a sum of small losses finds a decline weeks before any single week looks bad; the plain drop is the alternative.
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__scored') }}

),

-- One-sided CUSUM: the running sum of what falls short, above the lowest it has been.
running_sums as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        {{ running_sum(
            exact_number('-usage_weeks.usage_z_score - ' ~ signal_rule('usage_decline', 'score_allowance')),
            'usage_weeks.account_id',
            'usage_weeks.week_start_date'
        ) }} as running_score

    from usage_weeks
    where usage_weeks.usage_z_score is not null

),

cusum_weeks as (

    select
        running_sums.account_id,
        running_sums.week_start_date,
        'cusum' as detector,
        running_sums.running_score - least(
            min(running_sums.running_score) over (
                partition by running_sums.account_id
                order by running_sums.week_start_date
                rows between unbounded preceding and current row
            ),
            0
        ) >= {{ signal_rule('usage_decline', 'score_limit') }} as is_declining

    from running_sums
    where {{ signal_rule('usage_decline', 'is_cusum') }} = 1

),

means as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        usage_weeks.usage_count,
        count(usage_weeks.usage_count) over earlier_weeks as earlier_count,
        avg(usage_weeks.usage_count) over earlier_weeks as mean_usage_count

    from usage_weeks
    window
        earlier_weeks as (
            partition by usage_weeks.account_id
            order by usage_weeks.week_start_date
            {{ earlier_rows_frame(signal_rule('usage_decline', 'drop_weeks'), 0) }}
        )

),

drop_weeks as (

    select
        means.account_id,
        means.week_start_date,
        'four_week_drop' as detector,
        means.earlier_count = {{ signal_rule('usage_decline', 'drop_weeks') }}
        and {{ comparable('means.usage_count') }}
        < {{ comparable('(1 - ' ~ signal_rule('usage_decline', 'drop_ratio') ~ ') * means.mean_usage_count') }}
            as is_declining

    from means
    where means.usage_count is not null and {{ signal_rule('usage_decline', 'is_cusum') }} = 0

),

verdicts as (

    select * from cusum_weeks
    union all
    select * from drop_weeks

),

edges as (

    select
        verdicts.*,
        lag(verdicts.is_declining) over (partition by verdicts.account_id order by verdicts.week_start_date)
            as was_declining

    from verdicts

),

final as (

    select
        edges.account_id,
        edges.week_start_date,
        edges.detector,
        {{ end_of_day(days_after('edges.week_start_date', 6)) }} as emerged_at

    from edges
    where edges.is_declining and not coalesce(edges.was_declining, false)

)

select * from final
