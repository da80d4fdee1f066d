-- Grain: one row per row read from interaction_topics, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'interactions', 'interaction_topics',
    parents={'interaction_id': ref('stg_interactions__interactions')},
    copies=copied_conversations(ref('base_interactions__interactions'))
) }}
