-- Grain: one row per interaction_id that was completed by as_of_date and has an account.
-- Why: each conversation against its like: quality within its scorecard, follow-up within segment and stage.
{{ config(materialized='view') }}
with

interactions as (

    select * from {{ ref('int_interactions__engaged') }}

),

scorecards as (

    select * from {{ ref('int_scorecard_weeks__measured') }}

),

expectations as (

    select * from {{ ref('int_follow_up_weeks__expected') }}

),

final as (

    select
        interactions.interaction_id,
        interactions.account_id,
        interactions.csm_id,
        interactions.week_start_date,
        interactions.quality_score,
        -- against a few scores, or scores that are all the same, nothing stands out
        case
            when
                scorecards.score_count >= {{ threshold('standardisation_minimum_count') }}
                and {{ comparable('scorecards.quality_deviation_score') }} > 0
                then
                    (interactions.quality_score - scorecards.mean_quality_score) / scorecards.quality_deviation_score
        end as standardised_quality_score,
        interactions.sentiment_score,
        interactions.action_item_count,
        expectations.action_items_per_interaction as expected_action_item_count

    from interactions
    -- both have one row for each of their groups and week
    left join scorecards
        on
            interactions.scorecard = scorecards.scorecard
            and interactions.week_start_date = scorecards.week_start_date
    left join expectations
        on
            interactions.segment = expectations.segment
            and interactions.lifecycle_level = expectations.lifecycle_level
            and interactions.week_start_date = expectations.week_start_date

)

select * from final
