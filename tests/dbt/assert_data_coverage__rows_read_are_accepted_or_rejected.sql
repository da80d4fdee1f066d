-- For each table: rows of the raw view = rows read = accepted + rejected, and staging has exactly the accepted ones.
-- Otherwise a join in staging has lost or doubled rows, and nobody would be told. What the reader of files itself might
-- lose is counted against Python's csv module in tests/python.
{%- set tables = [
    ('crm', 'csms'),
    ('crm', 'accounts'),
    ('crm', 'account_assignments'),
    ('crm', 'subscriptions'),
    ('crm', 'lifecycle_stage_changes'),
    ('crm', 'contacts'),
    ('crm', 'opportunities'),
    ('crm', 'opportunity_stage_changes'),
    ('crm', 'health_scores'),
    ('crm', 'csm_absences'),
    ('crm', 'risk_flags'),
    ('crm', 'effort_surveys'),
    ('usage', 'product_usage'),
    ('support', 'tickets'),
    ('interactions', 'interactions'),
    ('interactions', 'interaction_participants'),
    ('interactions', 'interaction_topics'),
    ('interactions', 'action_items'),
    ('interactions', 'time_entries'),
    ('interactions', 'transcripts'),
    ('outcomes', 'renewals'),
    ('outcomes', 'survey_responses'),
] %}
with

coverage as (

    select * from {{ ref('data_coverage') }}

),

counts as (

    {% for domain, table in tables %}
        select
            '{{ table }}' as table_name,
            (select count(*) from {{ raw_rows_of(domain, table) }}) as received_count,
            (select count(*) from {{ ref('stg_' ~ domain ~ '__' ~ table) }}) as staged_count
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        counts.table_name,
        counts.received_count,
        counts.staged_count,
        coverage.read_count,
        coverage.accepted_count,
        coverage.rejected_count

    from counts
    full outer join coverage on counts.table_name = coverage.table_name
    where
        counts.received_count is distinct from coverage.read_count
        or counts.staged_count is distinct from coverage.accepted_count
        or coverage.accepted_count + coverage.rejected_count is distinct from coverage.read_count

)

select * from final
