-- Grain: one row per table_name of the raw contract.
-- Why: a number that is missing must name the input that is missing.
{%- set tables = [
    ('crm', 'csms', ref('base_crm__csms'), ref('stg_crm__csms')),
    ('crm', 'accounts', ref('base_crm__accounts'), ref('stg_crm__accounts')),
    ('crm', 'account_assignments', ref('base_crm__account_assignments'), ref('stg_crm__account_assignments')),
    ('crm', 'subscriptions', ref('base_crm__subscriptions'), ref('stg_crm__subscriptions')),
    ('crm', 'lifecycle_stage_changes', ref('base_crm__lifecycle_stage_changes'), ref('stg_crm__lifecycle_stage_changes')),
    ('crm', 'contacts', ref('base_crm__contacts'), ref('stg_crm__contacts')),
    ('crm', 'opportunities', ref('base_crm__opportunities'), ref('stg_crm__opportunities')),
    ('crm', 'opportunity_stage_changes', ref('base_crm__opportunity_stage_changes'), ref('stg_crm__opportunity_stage_changes')),
    ('crm', 'health_scores', ref('base_crm__health_scores'), ref('stg_crm__health_scores')),
    ('crm', 'csm_absences', ref('base_crm__csm_absences'), ref('stg_crm__csm_absences')),
    ('crm', 'risk_flags', ref('base_crm__risk_flags'), ref('stg_crm__risk_flags')),
    ('crm', 'effort_surveys', ref('base_crm__effort_surveys'), ref('stg_crm__effort_surveys')),
    ('usage', 'product_usage', ref('base_usage__product_usage'), ref('stg_usage__product_usage')),
    ('support', 'tickets', ref('base_support__tickets'), ref('stg_support__tickets')),
    ('interactions', 'interactions', ref('base_interactions__interactions'), ref('stg_interactions__interactions')),
    ('interactions', 'interaction_participants', ref('base_interactions__interaction_participants'), ref('stg_interactions__interaction_participants')),
    ('interactions', 'interaction_topics', ref('base_interactions__interaction_topics'), ref('stg_interactions__interaction_topics')),
    ('interactions', 'action_items', ref('base_interactions__action_items'), ref('stg_interactions__action_items')),
    ('interactions', 'time_entries', ref('base_interactions__time_entries'), ref('stg_interactions__time_entries')),
    ('interactions', 'transcripts', ref('base_interactions__transcripts'), ref('stg_interactions__transcripts')),
    ('outcomes', 'renewals', ref('base_outcomes__renewals'), ref('stg_outcomes__renewals')),
    ('outcomes', 'survey_responses', ref('base_outcomes__survey_responses'), ref('stg_outcomes__survey_responses')),
] %}
{{ coverage_of(tables, ref('int_raw_faults'), ref('base_quality__scales')) }}
