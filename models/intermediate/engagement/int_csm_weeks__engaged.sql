-- Grain: one row per csm_id and week_start_date in which the CSM is employed or completed an interaction.
-- Why: the week's conversations, and beside them a sample large enough to say something.
{% set measures = ['quality', 'standardised_quality', 'sentiment'] %}
with

interactions as (

    select * from {{ ref('int_interactions__judged') }}

),

-- Internal work has no account, and still is a week of work.
csm_weeks as (

    select
        csm_id,
        week_start_date
    from {{ ref('int_csm_weeks__capacity') }}
    union distinct
    select
        csm_id,
        {{ week_start('started_on') }} as week_start_date
    from {{ ref('int_interactions__completed') }}

),

sums as (

    select
        interactions.csm_id,
        interactions.week_start_date,
        count(*) as interaction_count,
        {% for measure in measures %}
            count(interactions.{{ measure }}_score) as {{ measure }}_count,
            avg(interactions.{{ measure }}_score) as mean_{{ measure }}_score,
        {% endfor %}
        sum(interactions.action_item_count) as action_item_count,
        sum(interactions.expected_action_item_count) as expected_action_item_count

    from interactions
    group by interactions.csm_id, interactions.week_start_date

),

-- A week is measured also where it adds no conversation.
points as (

    select
        interactions.csm_id,
        interactions.week_start_date,
        {% for measure in measures %}
            interactions.{{ measure }}_score,
        {% endfor %}
        false as is_measured

    from interactions

    union all

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        {% for measure in measures %}
            null as {{ measure }}_score,
        {% endfor %}
        true as is_measured

    from csm_weeks

),

samples as (

    select
        points.csm_id,
        points.week_start_date,
        {% for measure in measures %}
            count(points.{{ measure }}_score) over trailing_window as {{ measure }}_sample_count,
            avg(points.{{ measure }}_score) over trailing_window as sample_{{ measure }}_score,
            stddev_samp(points.{{ measure }}_score) over trailing_window as {{ measure }}_deviation_score,
        {% endfor %}
        points.is_measured

    from points
    window
        trailing_window as (
            partition by points.csm_id
            order by {{ week_number('points.week_start_date') }}
            {{ trailing_days_frame(threshold('slope_weeks')) }}
        )

),

final as (

    select
        samples.*,
        -- a week without a conversation is observed to have none
        coalesce(sums.interaction_count, 0) as interaction_count,
        {% for measure in measures %}
            coalesce(sums.{{ measure }}_count, 0) as {{ measure }}_count,
            sums.mean_{{ measure }}_score,
        {% endfor %}
        sums.action_item_count,
        sums.expected_action_item_count

    from samples
    left join sums on samples.csm_id = sums.csm_id and samples.week_start_date = sums.week_start_date
    where samples.is_measured

)

select * from final
