-- Grain: one row per csm_id and week_start_date in which the CSM is employed or completed an interaction.
-- Why: how conversations go; a mean of a few calls is shown with how little it says.
{% set measures = ['quality', 'standardised_quality', 'sentiment'] %}
with

csm_weeks as (

    select * from {{ ref('int_csm_weeks__engaged') }}

),

promises as (

    select * from {{ ref('int_csm_weeks__promised') }}

),

t_quantiles as (

    select * from {{ ref('t_quantiles') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__action_items') }}) as has_action_items

),

slopes as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        -- two weekly means are always a line
        case
            when count(csm_weeks.mean_sentiment_score) over trailing_window >= {{ threshold('slope_minimum_count') }}
                then
                    regr_slope(csm_weeks.mean_sentiment_score, {{ week_number('csm_weeks.week_start_date') }})
                        over trailing_window
        end as sentiment_slope

    from csm_weeks
    window
        trailing_window as (
            partition by csm_weeks.csm_id
            order by {{ week_number('csm_weeks.week_start_date') }}
            {{ trailing_days_frame(threshold('slope_weeks')) }}
        )

),

final as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        csm_weeks.interaction_count,
        csm_weeks.quality_count as scored_interaction_count,
        csm_weeks.mean_quality_score,
        csm_weeks.sentiment_count as sentiment_interaction_count,
        csm_weeks.mean_sentiment_score,
        slopes.sentiment_slope,
        -- without a conversation there was observed none to do
        case
            when observed.has_action_items then cast(coalesce(csm_weeks.action_item_count, 0) as bigint)
        end as action_item_count,
        {{ ratio('csm_weeks.action_item_count', 'csm_weeks.interaction_count') }} as follow_up_density,
        csm_weeks.standardised_quality_count as standardised_interaction_count,
        csm_weeks.mean_standardised_quality_score as standardised_quality_score,
        case
            when observed.has_action_items then coalesce(csm_weeks.expected_action_item_count, 0)
        end as expected_action_item_count,
        {{ ratio('csm_weeks.action_item_count', 'csm_weeks.expected_action_item_count') }} as follow_up_ratio,
        cast(promises.open_count as bigint) as open_action_item_count,
        cast(promises.overdue_count as bigint) as overdue_action_item_count,
        cast(promises.due_count as bigint) as due_action_item_count_last_30_days,
        cast(promises.on_time_count as bigint) as on_time_action_item_count_last_30_days,
        {{ ratio('promises.on_time_count', 'promises.due_count') }} as on_time_ratio_last_30_days,
        {% for measure in measures %}
            csm_weeks.{{ measure }}_sample_count as {{ measure }}_count_last_13_weeks,
            csm_weeks.sample_{{ measure }}_score as mean_{{ measure }}_score_last_13_weeks,
            csm_weeks.sample_{{ measure }}_score
            - {{ measure }}_quantiles.t_quantile
            * csm_weeks.{{ measure }}_deviation_score
            / sqrt(csm_weeks.{{ measure }}_sample_count) as lower_{{ measure }}_score_last_13_weeks,
            csm_weeks.sample_{{ measure }}_score
            + {{ measure }}_quantiles.t_quantile
            * csm_weeks.{{ measure }}_deviation_score
            / sqrt(csm_weeks.{{ measure }}_sample_count) as upper_{{ measure }}_score_last_13_weeks,
        {% endfor %}
        csm_weeks.standardised_quality_sample_count >= {{ threshold('rankable_minimum_count') }}
            as is_quality_rankable,
        csm_weeks.sentiment_sample_count >= {{ threshold('rankable_minimum_count') }} as is_sentiment_rankable,
        least(csm_weeks.standardised_quality_sample_count, csm_weeks.sentiment_sample_count)
        >= {{ threshold('rankable_minimum_count') }} as is_rankable

    from csm_weeks
    inner join slopes on csm_weeks.csm_id = slopes.csm_id and csm_weeks.week_start_date = slopes.week_start_date
    inner join promises on csm_weeks.csm_id = promises.csm_id and csm_weeks.week_start_date = promises.week_start_date
    cross join observed
    -- the ranges neither overlap nor leave a gap: a sample size finds one, a single score none
    {% for measure in measures %}
        left join t_quantiles as {{ measure }}_quantiles
            on
                csm_weeks.{{ measure }}_sample_count > {{ measure }}_quantiles.from_degrees_of_freedom
                and csm_weeks.{{ measure }}_sample_count
                <= coalesce({{ measure }}_quantiles.to_degrees_of_freedom, csm_weeks.{{ measure }}_sample_count)
    {% endfor %}

)

select * from final
