-- A competitor that the alias table lacks is shown as unlisted: each conversation with a topic of kind competitor has a
-- row.
with

mentions as (

    select * from {{ ref('fct_competitor_mentions') }}

),

topics as (

    select * from {{ ref('stg_interactions__interaction_topics') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

final as (

    select distinct topics.interaction_id

    from topics
    inner join interactions on topics.interaction_id = interactions.interaction_id
    left join mentions on topics.interaction_id = mentions.interaction_id and mentions.topic_count > 0
    where topics.topic_kind = 'competitor' and mentions.interaction_id is null

)

select * from final
