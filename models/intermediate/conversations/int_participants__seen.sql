-- Grain: one row per interaction_id that was completed by as_of_date and contact_id who took part.
-- Why: who was there is read once, for contacts and for the meetings that they missed.
with

participants as (

    select * from {{ ref('stg_interactions__interaction_participants') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        participants.interaction_id,
        participants.contact_id,
        interactions.account_id,
        interactions.started_at,
        interactions.is_meaningful,
        interactions.is_meaningful
        and {{ days_between('interactions.started_on', 'clock.as_of_date') }} < {{ threshold('stakeholder_days') }}
            as is_recent_meeting

    from participants
    inner join interactions on participants.interaction_id = interactions.interaction_id
    cross join clock

)

select * from final
