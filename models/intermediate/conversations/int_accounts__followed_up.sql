-- Grain: one row per account_id that was talked to in the last `slope_weeks` weeks.
-- Why: what an account's conversations left to do, against what segment and stage suggest.
with

interactions as (

    select * from {{ ref('int_interactions__judged') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        interactions.account_id,
        count(*) as interaction_count,
        sum(interactions.action_item_count) as action_item_count,
        sum(interactions.expected_action_item_count) as expected_action_item_count

    from interactions
    cross join clock
    where
        {{ week_number('interactions.week_start_date') }}
        > {{ week_number('clock.latest_week_start_date') }} - {{ threshold('slope_weeks') }}
    group by interactions.account_id

)

select * from final
