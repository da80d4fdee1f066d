-- Grain: one row per interaction_id that was completed by as_of_date and contact_id who took part.
-- Why: who was there is read once, for contacts and for the meetings that they missed.
{{ keeps_earlier_weeks('started_at') }}
with

participants as (

    select * from {{ ref('stg_interactions__interaction_participants') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

final as (

    select
        participants.interaction_id,
        participants.contact_id,
        interactions.account_id,
        interactions.started_at,
        interactions.is_meaningful

    from participants
    inner join interactions on participants.interaction_id = interactions.interaction_id
    where interactions.started_on >= {{ rebuild_from() }}

)

select * from final
