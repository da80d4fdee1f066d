-- Grain: one row per fault of a raw row.
-- Why: what is left out of the marts is listed, with the rule it breaks; nothing is lost.
{%- set tables = [
    ('crm', 'csms', ref('base_crm__csms')),
    ('crm', 'accounts', ref('base_crm__accounts')),
    ('crm', 'account_assignments', ref('base_crm__account_assignments')),
    ('crm', 'subscriptions', ref('base_crm__subscriptions')),
    ('crm', 'lifecycle_stage_changes', ref('base_crm__lifecycle_stage_changes')),
    ('crm', 'contacts', ref('base_crm__contacts')),
    ('crm', 'opportunities', ref('base_crm__opportunities')),
    ('crm', 'opportunity_stage_changes', ref('base_crm__opportunity_stage_changes')),
    ('crm', 'health_scores', ref('base_crm__health_scores')),
    ('crm', 'csm_absences', ref('base_crm__csm_absences')),
    ('crm', 'risk_flags', ref('base_crm__risk_flags')),
    ('crm', 'effort_surveys', ref('base_crm__effort_surveys')),
    ('usage', 'product_usage', ref('base_usage__product_usage')),
    ('support', 'tickets', ref('base_support__tickets')),
    ('interactions', 'interactions', ref('base_interactions__interactions')),
    ('interactions', 'interaction_participants', ref('base_interactions__interaction_participants')),
    ('interactions', 'interaction_topics', ref('base_interactions__interaction_topics')),
    ('interactions', 'action_items', ref('base_interactions__action_items')),
    ('interactions', 'time_entries', ref('base_interactions__time_entries')),
    ('interactions', 'transcripts', ref('base_interactions__transcripts')),
    ('outcomes', 'renewals', ref('base_outcomes__renewals')),
    ('outcomes', 'survey_responses', ref('base_outcomes__survey_responses')),
] %}
{{ faults_of(tables, ref('stg_interactions__interactions'), ref('base_quality__scales')) }}
