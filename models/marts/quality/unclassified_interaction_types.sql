-- Grain: one row per interaction_type that the reference table interaction_types lacks.
-- Why: none of them is meaningful or counted toward a ceiling: a word nobody classified makes accounts look neglected.
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

interaction_types as (

    select * from {{ ref('interaction_types') }}

),

final as (

    select
        interactions.interaction_type,
        count(*) as interaction_count

    from interactions
    left join interaction_types on interactions.interaction_type = interaction_types.interaction_type
    where interaction_types.interaction_type is null
    group by interactions.interaction_type

)

select * from final
