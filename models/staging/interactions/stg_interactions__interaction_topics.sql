-- Grain: one row per interaction_id and topic.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('interactions', 'interaction_topics', ref('base_interactions__interaction_topics')) }}

),

final as (

    select
        interaction_id,
        topic,
        topic_kind,
        product,
        mention_count

    from accepted_rows

)

select * from final
