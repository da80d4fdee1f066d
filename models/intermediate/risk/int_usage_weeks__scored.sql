-- Grain: one row per account_id and week_start_date, from the account's first week of use on while it is a customer.
-- Why: 50 events are few for one account and many for another: each is measured against its own past.
{{ keeps_earlier_weeks('week_start_date') }}
{% set cap = signal_rule('usage_decline', 'score_cap') %}
{% set deviation = 'greatest(deviations.log_deviation, ' ~ signal_rule('usage_decline', 'deviation_floor') ~ ')' %}
{% set z_score = 'greatest(least(deviations.own_log_change / ' ~ deviation ~ ', ' ~ cap ~ '), -' ~ cap ~ ')' %}
{% set baseline_weeks = signal_rule('usage_decline', 'baseline_weeks') %}
{% set gap_weeks = signal_rule('usage_decline', 'gap_weeks') %}
{% set account_weeks = 'partition by account_id order by week_start_date' %}
with

usage_counts as (

    select * from {{ ref('int_usage_weeks__counted') }}

),

usage_weeks as (

    select
        usage_counts.account_id,
        usage_counts.week_start_date,
        usage_counts.usage_count,
        cast(null as double) as earlier_log_change

    from usage_counts
    where usage_counts.week_start_date >= {{ rebuild_from() }}
    {{ scored_usage_history() }}

),

baselines as (

    select
        usage_weeks.*,
        count(usage_weeks.usage_count) over baseline as baseline_count,
        {{ window_median('ln(1 + usage_weeks.usage_count)') }} over baseline as usual_log_usage

    from usage_weeks
    window baseline as ({{ account_weeks }} {{ usage_frame(baseline_weeks, gap_weeks) }})

),

changes as (

    select
        baselines.*,
        case
            when baselines.baseline_count >= {{ signal_rule('usage_decline', 'warm_up_weeks') }}
                then ln(1 + baselines.usage_count) - baselines.usual_log_usage
        end as log_change

    from baselines

),

-- What all accounts do at once (holidays, an outage, a broken export) says nothing about one of them.
weekly_changes as (

    select
        changes.week_start_date,
        case
            when count(changes.log_change) >= {{ signal_rule('usage_decline', 'book_minimum_count') }}
                then {{ window_median('changes.log_change') }}
            else 0
        end as common_log_change

    from changes
    where changes.week_start_date >= {{ rebuild_from() }}
    group by changes.week_start_date

),

own_changes as (

    select
        changes.*,
        coalesce(changes.earlier_log_change, changes.log_change - weekly_changes.common_log_change) as own_log_change

    from changes
    -- a week stands there once; the weeks before have their change already
    left join weekly_changes on changes.week_start_date = weekly_changes.week_start_date

),

deviations as (

    select
        own_changes.*,
        count(own_changes.own_log_change) over earlier_weeks as deviation_count,
        {{ signal_rule('usage_decline', 'deviation_scale') }}
        * {{ window_median('abs(own_changes.own_log_change)') }} over earlier_weeks as log_deviation

    from own_changes
    window earlier_weeks as ({{ account_weeks }} {{ usage_frame(baseline_weeks) }})

),

final as (

    select
        deviations.account_id,
        deviations.week_start_date,
        deviations.usage_count,
        deviations.own_log_change,
        -- a steady account has next to no deviation, and a single week must not decide
        case
            when deviations.deviation_count >= {{ signal_rule('usage_decline', 'warm_up_weeks') }}
                then {{ comparable(z_score) }}
        end as usage_z_score

    from deviations
    where deviations.week_start_date >= {{ rebuild_from() }}

)

select * from final
