-- Grain: one row per account_id and week_start_date, as in int_usage_weeks__counted.
-- Why: a change says something where it is larger than this account's changes usually are, and not everybody's.
{{ keeps_earlier_weeks('week_start_date') }}
{% set cap = signal_rule('usage_decline', 'score_cap') %}
{% set deviation = 'greatest(deviations.log_deviation, ' ~ signal_rule('usage_decline', 'deviation_floor') ~ ')' %}
{% set z_score = 'greatest(least(deviations.own_log_change / ' ~ deviation ~ ', ' ~ cap ~ '), -' ~ cap ~ ')' %}
with

changes as (

    select * from {{ ref('int_usage_weeks__baselined') }}
    where week_start_date >= {{ rebuild_from() }}

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
    group by changes.week_start_date

),

own_changes as (

    select
        changes.account_id,
        changes.week_start_date,
        changes.usage_count,
        changes.log_change - weekly_changes.common_log_change as own_log_change

    from changes
    inner join weekly_changes on changes.week_start_date = weekly_changes.week_start_date
    {% if is_rebuilding() %}
        union all
        -- the weeks that the medians of R and later look back on, as they were scored
        select
            kept_weeks.account_id,
            kept_weeks.week_start_date,
            kept_weeks.usage_count,
            kept_weeks.own_log_change
        from {{ this }} as kept_weeks
        where
            kept_weeks.week_start_date < {{ rebuild_from() }}
            and kept_weeks.week_start_date >= {{ weeks_before_rebuild(
                usage_rule_weeks(signal_rule('usage_decline', 'baseline_weeks'))
            ) }}
    {% endif %}

),

deviations as (

    select
        own_changes.*,
        count(own_changes.own_log_change) over earlier_weeks as deviation_count,
        {{ signal_rule('usage_decline', 'deviation_scale') }}
        * {{ window_median('abs(own_changes.own_log_change)') }} over earlier_weeks as log_deviation

    from own_changes
    window earlier_weeks as (
        partition by own_changes.account_id
        order by own_changes.week_start_date
        {{ earlier_rows_frame(signal_rule('usage_decline', 'baseline_weeks'), 0) }}
    )

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
