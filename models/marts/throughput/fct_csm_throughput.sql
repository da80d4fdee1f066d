-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day or completed an interaction.
-- Why: weeks above what a person can sustain are a problem to solve, not an achievement; two rules say when.
{% set categories = interaction_categories() %}
with

throughput as (

    select * from {{ ref('int_csm_weeks__throughput') }}

),

compared as (

    select
        throughput.*,
        -- null without a ceiling: a week away is neither over nor under it
        case
            when {{ comparable('throughput.throughput_ceiling_count') }} > 0
                then
                    throughput.counted_interaction_count > {{ comparable('throughput.throughput_ceiling_count') }}
        end as is_over_ceiling,
        {{ normal_deviation('throughput.throughput_ceiling_count') }} as normal_deviation_count

    from throughput

),

streaks as (

    select
        compared.*,
        {{ streak_number('compared.is_over_ceiling', 'compared.csm_id', 'compared.week_start_date') }} as streak_number,
        -- a Poisson count varies by the root of its mean; exact decimals, so that sums leave no remainder
        case
            when compared.is_over_ceiling is not null
                then
                    cast(
                        (compared.counted_interaction_count - power(compared.normal_deviation_count, 2))
                        / compared.normal_deviation_count
                        - {{ threshold('cusum_reference_score') }} as decimal(18, 9)
                    )
            else 0
        end as excess_score

    from compared

),

sums as (

    select
        streaks.*,
        {{ running_sum('streaks.excess_score', 'streaks.csm_id', 'streaks.week_start_date') }} as excess_sum,
        -- weeks with a ceiling only: a leave of a month does not use up the memory of the sum
        {{ running_sum(
            'case when streaks.is_over_ceiling is null then 0 else 1 end', 'streaks.csm_id', 'streaks.week_start_date'
        ) }} as measured_week_number

    from streaks

),

scores as (

    select
        sums.*,
        -- max(0, S + excess) without a loop: how far the sum stands above its lowest point before the week
        cast(greatest(
            sums.excess_sum - min(sums.excess_sum - sums.excess_score) over (
                partition by sums.csm_id
                order by cast(sums.measured_week_number as integer)
                {{ trailing_days_frame(threshold('cusum_window_weeks')) }}
            ),
            0
        ) as double) as cusum_score,
        {{ consecutive_count('sums.is_over_ceiling', 'sums.csm_id', 'sums.week_start_date') }}
            as consecutive_weeks_over_ceiling

    from sums

),

final as (

    select
        scores.csm_id,
        scores.week_start_date,
        scores.counted_interaction_count,
        scores.meaningful_interaction_count,
        {% for category in categories %}
            scores.{{ category }}_count,
            scores.{{ category }}_minutes,
        {% endfor %}
        scores.throughput_ceiling_count,
        scores.is_over_ceiling,
        -- counts are null where no interaction is on file: nobody was seen above a ceiling, or within it
        case when scores.counted_interaction_count is not null then scores.consecutive_weeks_over_ceiling end
            as consecutive_weeks_over_ceiling,
        case
            when scores.counted_interaction_count is not null
                then scores.consecutive_weeks_over_ceiling >= {{ threshold('consecutive_weeks') }}
        end as is_intervention,
        case when scores.counted_interaction_count is not null then scores.cusum_score end as cusum_score,
        case
            when scores.is_over_ceiling is not null
                then {{ comparable('scores.cusum_score') }} > {{ threshold('cusum_limit_score') }}
        end as is_cusum_alarm

    from scores

)

select * from final
