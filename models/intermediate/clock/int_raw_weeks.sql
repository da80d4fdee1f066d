-- Grain: one row per table_name and part and week_start_date.
-- Why: what was built before is kept where no raw row has changed; counts and hashes of a week tell.
{%- set tables = [
    ('crm', 'csms', ref('stg_crm__csms')),
    ('crm', 'accounts', ref('stg_crm__accounts')),
    ('crm', 'account_assignments', ref('stg_crm__account_assignments')),
    ('crm', 'subscriptions', ref('int_subscriptions__in_force')),
    ('crm', 'lifecycle_stage_changes', ref('stg_crm__lifecycle_stage_changes')),
    ('crm', 'contacts', ref('stg_crm__contacts')),
    ('crm', 'opportunities', ref('stg_crm__opportunities')),
    ('crm', 'opportunity_stage_changes', ref('stg_crm__opportunity_stage_changes')),
    ('crm', 'health_scores', ref('stg_crm__health_scores')),
    ('crm', 'csm_absences', ref('stg_crm__csm_absences')),
    ('crm', 'risk_flags', ref('stg_crm__risk_flags')),
    ('crm', 'effort_surveys', ref('stg_crm__effort_surveys')),
    ('usage', 'product_usage', ref('stg_usage__product_usage')),
    ('support', 'tickets', ref('stg_support__tickets')),
    ('interactions', 'interactions', ref('stg_interactions__interactions')),
    ('interactions', 'interaction_participants', ref('stg_interactions__interaction_participants')),
    ('interactions', 'interaction_topics', ref('stg_interactions__interaction_topics')),
    ('interactions', 'action_items', ref('stg_interactions__action_items')),
    ('interactions', 'time_entries', ref('stg_interactions__time_entries')),
    ('interactions', 'transcripts', ref('stg_interactions__transcripts')),
    ('outcomes', 'renewals', ref('stg_outcomes__renewals')),
    ('outcomes', 'survey_responses', ref('stg_outcomes__survey_responses')),
] %}
{{ raw_weeks_of(tables, ref('stg_interactions__interactions'), ref('stg_usage__product_weeks'), ref('int_clock')) }}
