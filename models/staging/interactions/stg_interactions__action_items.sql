-- Grain: one row per action_item_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('interactions', 'action_items', ref('base_interactions__action_items')) }}

),

final as (

    select
        action_item_id,
        interaction_id,
        created_at,
        due_on,
        completed_at

    from accepted_rows

)

select * from final
