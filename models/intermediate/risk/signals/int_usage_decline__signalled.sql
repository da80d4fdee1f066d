-- Grain: one row per account_id and week_start_date in which its use begins to count as declining.
-- Why: a sum of small losses finds a decline weeks before any single week looks bad; the plain drop is the alternative.
{{ keeps_earlier_weeks('week_start_date') }}
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__scored') }}

),

usage_sums as (

    select * from {{ ref('int_usage_weeks__summed') }}

),

-- The sum of losses stands beside each week, so that a signal is the week in which it reaches the limit.
cusum_signals as (

    select
        usage_sums.account_id,
        usage_sums.week_start_date,
        'cusum' as detector

    from usage_sums
    -- an account has a week once
    left join usage_sums as week_before
        on
            usage_sums.account_id = week_before.account_id
            and usage_sums.week_start_date = {{ days_after('week_before.week_start_date', 7) }}
    where
        {{ signal_rule('usage_decline', 'is_cusum') }} = 1
        and usage_sums.week_start_date >= {{ rebuild_from() }}
        and usage_sums.cusum_score >= {{ signal_rule('usage_decline', 'score_limit') }}
        and coalesce(week_before.cusum_score < {{ signal_rule('usage_decline', 'score_limit') }}, true)

),

means as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        usage_weeks.usage_count,
        count(usage_weeks.usage_count) over earlier_weeks as earlier_count,
        avg(usage_weeks.usage_count) over earlier_weeks as mean_usage_count

    from usage_weeks
    -- the alternative costs nothing unless it is chosen
    where {{ signal_rule('usage_decline', 'is_cusum') }} = 0
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
        means.earlier_count = {{ signal_rule('usage_decline', 'drop_weeks') }}
        and {{ comparable('means.usage_count') }}
        < {{ comparable('(1 - ' ~ signal_rule('usage_decline', 'drop_ratio') ~ ') * means.mean_usage_count') }}
            as is_declining

    from means
    where means.usage_count is not null

),

drop_edges as (

    select
        drop_weeks.*,
        lag(drop_weeks.is_declining) over (partition by drop_weeks.account_id order by drop_weeks.week_start_date)
            as was_declining

    from drop_weeks

),

signals as (

    select * from cusum_signals
    union all
    select
        drop_edges.account_id,
        drop_edges.week_start_date,
        'four_week_drop' as detector

    from drop_edges
    where drop_edges.is_declining and not coalesce(drop_edges.was_declining, false)

),

final as (

    select
        signals.account_id,
        signals.week_start_date,
        signals.detector,
        {{ end_of_day(days_after('signals.week_start_date', 6)) }} as emerged_at

    from signals
    where signals.week_start_date >= {{ rebuild_from() }}

)

select * from final
