-- Grain: one row per csm_id and week_start_date in which the CSM is employed or completed an interaction.
-- Why: how conversations go; a mean of a few calls is shown with how little it says.
{% set measures = ['quality', 'standardised_quality', 'sentiment'] %}
{{ keeps_earlier_weeks('week_start_date') }}
with

csm_weeks as (

    select * from {{ ref('int_csm_weeks__engaged') }}
    where week_start_date >= {{ rebuild_from() }}

),

promises as (

    select * from {{ ref('int_csm_weeks__promised') }}

),

slopes as (

    select * from {{ ref('int_csm_weeks__inclined') }}

),

t_quantiles as (

    select * from {{ ref('t_quantiles') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__action_items') }}) as has_action_items

),

sizes as (

    {% for measure in measures %}
        select {{ measure }}_sample_count as sample_count from csm_weeks
        {{ 'union distinct' if not loop.last }}
    {% endfor %}

),

-- Few sizes of samples occur: looked up once each. The ranges neither overlap nor leave a gap: a size finds one, a
-- single score none.
quantiles as (

    select
        sizes.sample_count,
        t_quantiles.t_quantile

    from sizes
    inner join t_quantiles
        on
            sizes.sample_count > t_quantiles.from_degrees_of_freedom
            and sizes.sample_count <= coalesce(t_quantiles.to_degrees_of_freedom, sizes.sample_count)

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
    left join slopes on csm_weeks.csm_id = slopes.csm_id and csm_weeks.week_start_date = slopes.week_start_date
    inner join promises on csm_weeks.csm_id = promises.csm_id and csm_weeks.week_start_date = promises.week_start_date
    cross join observed
    {% for measure in measures %}
        left join quantiles as {{ measure }}_quantiles
            on csm_weeks.{{ measure }}_sample_count = {{ measure }}_quantiles.sample_count
    {% endfor %}

)

select * from final
