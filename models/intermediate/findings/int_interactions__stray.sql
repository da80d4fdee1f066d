-- Grain: one row per interaction_id that lies so far from all others that it does not move the clock.
-- Why: a typing error in one date must not move a whole book by years, and whoever made it has to find it.
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        interactions.interaction_id,
        cast(interactions.started_at as date) as started_on,
        case
            when cast(interactions.started_at as date) < clock.earliest_interaction_on then 'before all others'
            else 'after all others'
        end as place

    from interactions
    cross join clock
    where
        cast(interactions.started_at as date) < clock.earliest_interaction_on
        or (interactions.status = 'completed' and cast(interactions.started_at as date) > clock.latest_interaction_on)

)

select * from final
