-- Grain: one row per interaction_id and contact_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('interactions', 'interaction_participants', ref('base_interactions__interaction_participants')) }}

),

final as (

    select
        interaction_id,
        contact_id

    from accepted_rows

)

select * from final
