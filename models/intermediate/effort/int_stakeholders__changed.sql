-- Grain: one row per account_id and week_start_date from which its number of stakeholders may be another.
-- Why: who takes part shows how many people an account really has; the address book stands in where nobody met.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

participants as (

    select * from {{ ref('stg_interactions__interaction_participants') }}

),

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

observed as (

    select
        exists(select 1 from participants) as has_participants,
        exists(select 1 from contacts) as has_contacts

),

-- A conversation counts for the weeks whose trailing window reaches back to it.
conversation_spans as (

    select
        interactions.account_id,
        participants.contact_id,
        {{ week_start('interactions.started_on') }} as from_week,
        {{ week_start(days_after('interactions.started_on', threshold('stakeholder_days'))) }} as to_week

    from interactions
    inner join participants on interactions.interaction_id = participants.interaction_id
    where interactions.account_id is not null

),

engaged_spans as (

    {{ merged_spans('conversation_spans', ['account_id', 'contact_id']) }}

),

contact_spans as (

    select
        contacts.account_id,
        {{ week_start('contacts.added_on') }} as from_week,
        {{ week_start('contacts.left_on') }} as to_week

    from contacts

),

counts as (

    {{ span_counts(['active'], {'engaged_count': 'engaged_spans', 'on_file_count': 'contact_spans'}) }}

),

-- Those on file stand in only where nobody met.
stakeholders as (

    select
        counts.account_id,
        counts.week_start_date,
        case when counts.engaged_count > 0 then counts.engaged_count else counts.on_file_count end as stakeholder_count

    from counts

),

final as (

    select
        stakeholders.account_id,
        stakeholders.week_start_date,
        case when observed.has_participants or observed.has_contacts then levels.level else 'unknown' end as level

    from stakeholders
    cross join observed
    left join levels on {{ is_level_of('levels', 'stakeholders', 'stakeholders.stakeholder_count') }}

)

select * from final
