-- Grain: one row per account_id and week_start_date, as in int_usage_weeks__counted.
-- Why: 50 events are few for one account and many for another: each is compared with its own past. A model of its
-- own: in one statement all account-weeks were sorted twice side by side (100,000 accounts: 4.2 GB of spill, now 0.3).
{{ keeps_earlier_weeks('week_start_date') }}
{% set baseline_weeks = signal_rule('usage_decline', 'baseline_weeks') %}
{% set gap_weeks = signal_rule('usage_decline', 'gap_weeks') %}
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__counted') }}

),

baselines as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        usage_weeks.usage_count,
        count(usage_weeks.usage_count) over baseline as baseline_count,
        {{ window_median('ln(1 + usage_weeks.usage_count)') }} over baseline as usual_log_usage

    from usage_weeks
    {% if is_rebuilding() %}
        -- what the medians of R and later look back on
        where usage_weeks.week_start_date >= {{ weeks_before_rebuild(
            usage_rule_weeks(baseline_weeks) + usage_rule_weeks(gap_weeks)
        ) }}
    {% endif %}
    window baseline as (
        partition by usage_weeks.account_id
        order by usage_weeks.week_start_date
        {{ earlier_rows_frame(baseline_weeks, gap_weeks) }}
    )

),

final as (

    select
        baselines.account_id,
        baselines.week_start_date,
        baselines.usage_count,
        case
            when baselines.baseline_count >= {{ signal_rule('usage_decline', 'warm_up_weeks') }}
                then ln(1 + baselines.usage_count) - baselines.usual_log_usage
        end as log_change

    from baselines
    where baselines.week_start_date >= {{ rebuild_from() }}

)

select * from final
