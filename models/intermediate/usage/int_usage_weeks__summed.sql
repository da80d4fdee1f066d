-- Grain: one row per account_id and week_start_date, as in int_usage_weeks__scored.
-- Why: a sum of small losses finds a decline weeks before any single week looks bad; it goes on from where it was.
{{ keeps_earlier_weeks('week_start_date') }}
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__scored') }}

),

losses as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        coalesce(
            {{ exact_number('-usage_weeks.usage_z_score - ' ~ signal_rule('usage_decline', 'score_allowance')) }}, 0
        ) as loss_score

    from usage_weeks
    where usage_weeks.week_start_date >= {{ rebuild_from() }}
    {% if is_rebuilding() %}
        union all
        -- the sum of the last week that was kept
        select
            kept_weeks.account_id,
            kept_weeks.week_start_date,
            kept_weeks.cusum_score as loss_score
        from {{ this }} as kept_weeks
        where kept_weeks.week_start_date = {{ weeks_before_rebuild(1) }}
    {% endif %}

),

-- One-sided CUSUM: the running sum of what falls short, above the lowest it has been.
running_sums as (

    select
        losses.account_id,
        losses.week_start_date,
        {{ running_sum('losses.loss_score', 'losses.account_id', 'losses.week_start_date') }} as running_score

    from losses

),

lowest_sums as (

    select
        running_sums.*,
        min(running_sums.running_score) over (
            partition by running_sums.account_id
            order by running_sums.week_start_date
            rows between unbounded preceding and current row
        ) as lowest_score

    from running_sums

),

final as (

    select
        lowest_sums.account_id,
        lowest_sums.week_start_date,
        {{ exact_number('lowest_sums.running_score - least(lowest_sums.lowest_score, 0)') }} as cusum_score

    from lowest_sums
    where lowest_sums.week_start_date >= {{ rebuild_from() }}

)

select * from final
