-- Grain: one row per interaction_id and contact_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_interactions__interaction_participants') }}

),

final as (

    select
        interaction_id,
        contact_id

    from checked_rows
    where is_accepted

)

select * from final
