-- Grain: one row per row read from interaction_participants, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'interactions', 'interaction_participants',
    parents={'interaction_id': ref('stg_interactions__interactions'), 'contact_id': ref('stg_crm__contacts')},
    copies=copied_conversations(ref('base_interactions__interactions'))
) }}
