-- Grain: one row per row read from action_items, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'interactions', 'action_items',
    parents={'interaction_id': ref('stg_interactions__interactions')},
    copies=copied_conversations(ref('base_interactions__interactions'))
) }}
