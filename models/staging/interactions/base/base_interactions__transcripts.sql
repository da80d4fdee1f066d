-- Grain: one row per row read from transcripts, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging.
{{ checked_rows(
    'interactions', 'transcripts',
    parents={'interaction_id': ref('stg_interactions__interactions'), 'speaker_contact_id': ref('stg_crm__contacts'), 'speaker_csm_id': ref('stg_crm__csms')},
    copies=copied_conversations(ref('base_interactions__interactions'))
) }}
