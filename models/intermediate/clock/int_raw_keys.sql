-- Grain: one row per table_name and key_hash.
-- Why: who is an account or a CSM, and of what kind, is said once for all weeks: a correction rewrites them.
{{ raw_keys_of([
    ('crm', 'csms', ref('stg_crm__csms')),
    ('crm', 'accounts', ref('stg_crm__accounts')),
    ('crm', 'contacts', ref('stg_crm__contacts')),
]) }}
