-- Grain: one row per csm_id and week_start_date in which the CSM is employed or completed an interaction.
-- Why: the week's conversations, and beside them a sample large enough to say something.
{% set measures = ['quality', 'standardised_quality', 'sentiment'] %}
{% set sampled_from = weeks_before_rebuild(threshold('slope_weeks')) %}
{{ keeps_earlier_weeks('week_start_date') }}
with

interactions as (

    select * from {{ ref('int_interactions__judged') }}
    where week_start_date >= {{ sampled_from }}

),

observed as (

    select * from {{ ref('int_interactions__observed') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

completed as (

    select * from {{ ref('int_interactions__completed') }}

),

-- Internal work has no account, and still is a week of work.
csm_weeks as (

    select
        csm_id,
        week_start_date
    from capacity
    where week_start_date >= {{ sampled_from }}
    union distinct
    select
        csm_id,
        {{ week_start('started_on') }} as week_start_date
    from completed
    where {{ week_start('started_on') }} >= {{ sampled_from }}

),

sums as (

    select
        interactions.csm_id,
        interactions.week_start_date,
        count(*) as interaction_count,
        {% for measure in measures %}
            count(interactions.{{ measure }}_score) as {{ measure }}_count,
            sum(interactions.{{ measure }}_score) as {{ measure }}_sum,
            sum(interactions.{{ measure }}_score * interactions.{{ measure }}_score) as {{ measure }}_square_sum,
        {% endfor %}
        cast(sum(interactions.action_item_count) as bigint) as action_item_count,
        sum(interactions.expected_action_item_count) as expected_action_item_count

    from interactions
    group by interactions.csm_id, interactions.week_start_date

),

-- A week is measured also where it adds no conversation.
weekly_sums as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        {% for measure in measures %}
            sums.{{ measure }}_sum,
            case when observed.has_interactions then coalesce(sums.{{ measure }}_count, 0) end as {{ measure }}_count,
            case
                when observed.has_interactions
                    then cast(coalesce(sum(sums.{{ measure }}_count) over trailing_window, 0) as bigint)
            end as {{ measure }}_sample_count,
            sum(sums.{{ measure }}_sum) over trailing_window as {{ measure }}_sample_sum,
            sum(sums.{{ measure }}_square_sum) over trailing_window as {{ measure }}_sample_square_sum,
        {% endfor %}
        -- a week without a conversation is observed to have none, where any is on file
        case when observed.has_interactions then coalesce(sums.interaction_count, 0) end as interaction_count,
        sums.action_item_count,
        sums.expected_action_item_count

    from csm_weeks
    cross join observed
    left join sums on csm_weeks.csm_id = sums.csm_id and csm_weeks.week_start_date = sums.week_start_date
    window
        trailing_window as (
            partition by csm_weeks.csm_id
            order by {{ week_number('csm_weeks.week_start_date') }}
            {{ trailing_days_frame(threshold('slope_weeks')) }}
        )

),

final as (

    select
        weekly_sums.csm_id,
        weekly_sums.week_start_date,
        weekly_sums.interaction_count,
        {% for measure in measures %}
            {% set sample = 'weekly_sums.' ~ measure ~ '_sample' %}
            weekly_sums.{{ measure }}_count,
            {{ ratio('weekly_sums.' ~ measure ~ '_sum', 'weekly_sums.' ~ measure ~ '_count') }}
                as mean_{{ measure }}_score,
            {{ sample }}_count as {{ measure }}_sample_count,
            {{ ratio(sample ~ '_sum', sample ~ '_count') }} as sample_{{ measure }}_score,
            case
                when {{ sample }}_count > 1
                    then {{ standard_deviation(sample ~ '_count', sample ~ '_sum', sample ~ '_square_sum') }}
            end as {{ measure }}_deviation_score,
        {% endfor %}
        weekly_sums.action_item_count,
        weekly_sums.expected_action_item_count

    from weekly_sums
    where weekly_sums.week_start_date >= {{ rebuild_from() }}

)

select * from final
