-- Grain: one row per segment, lifecycle_level and week_start_date in which such an account was talked to.
-- Why: an onboarding leaves more to do than a steady account: follow-up is judged against its like.
with

interactions as (

    select * from {{ ref('int_interactions__engaged') }}

),

sums as (

    select
        interactions.segment,
        interactions.lifecycle_level,
        interactions.week_start_date,
        {{ week_number('interactions.week_start_date') }} as week_number,
        count(*) as interaction_count,
        sum(interactions.action_item_count) as action_item_count

    from interactions
    group by interactions.segment, interactions.lifecycle_level, interactions.week_start_date

),

trailing_sums as (

    select
        sums.segment,
        sums.lifecycle_level,
        {% for group in ['stage', 'segment', 'team'] %}
            sum(sums.interaction_count) over {{ group }}_window as {{ group }}_interaction_count,
            sum(sums.action_item_count) over {{ group }}_window as {{ group }}_action_item_count,
        {% endfor %}
        sums.week_start_date

    from sums
    window
        stage_window as (
            partition by sums.segment, sums.lifecycle_level
            order by sums.week_number
            {{ trailing_days_frame(threshold('standardisation_weeks')) }}
        ),
        segment_window as (
            partition by sums.segment
            order by sums.week_number
            {{ trailing_days_frame(threshold('standardisation_weeks')) }}
        ),
        team_window as (
            order by sums.week_number
            {{ trailing_days_frame(threshold('standardisation_weeks')) }}
        )

),

-- Few conversations would be expected to be what they happened to be: a wider group stands in.
final as (

    select
        trailing_sums.segment,
        trailing_sums.lifecycle_level,
        trailing_sums.week_start_date,
        case
            when trailing_sums.stage_interaction_count >= {{ threshold('standardisation_minimum_count') }}
                then {{ ratio('trailing_sums.stage_action_item_count', 'trailing_sums.stage_interaction_count') }}
            when trailing_sums.segment_interaction_count >= {{ threshold('standardisation_minimum_count') }}
                then {{ ratio('trailing_sums.segment_action_item_count', 'trailing_sums.segment_interaction_count') }}
            else {{ ratio('trailing_sums.team_action_item_count', 'trailing_sums.team_interaction_count') }}
        end as action_items_per_interaction

    from trailing_sums

)

select * from final
