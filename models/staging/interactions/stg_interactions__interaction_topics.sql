-- Grain: one row per interaction_id and topic.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_interactions__interaction_topics') }}

),

final as (

    select
        interaction_id,
        topic,
        topic_kind,
        product,
        mention_count

    from checked_rows
    where is_accepted

)

select * from final
