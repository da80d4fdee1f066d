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

changes as (

    select account_id, from_week as week_start_date, 0 as engaged_delta, 0 as on_file_delta from active
    union all
    select account_id, from_week, 1, 0 from engaged_spans
    union all
    select account_id, to_week, -1, 0 from engaged_spans
    union all
    select account_id, {{ week_start('added_on') }}, 0, 1 from contacts
    union all
    select account_id, {{ week_start('left_on') }}, 0, -1 from contacts where left_on is not null

),

changed_weeks as (

    select
        changes.account_id,
        changes.week_start_date,
        sum(changes.engaged_delta) as engaged_delta,
        sum(changes.on_file_delta) as on_file_delta

    from changes
    group by changes.account_id, changes.week_start_date

),

counts as (

    select
        changed_weeks.account_id,
        changed_weeks.week_start_date,
        {{ running_sum('changed_weeks.engaged_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} as engaged_count,
        {{ running_sum('changed_weeks.on_file_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} as on_file_count

    from changed_weeks

),

final as (

    select
        counts.account_id,
        counts.week_start_date,
        case when observed.has_participants or observed.has_contacts then levels.level else 'unknown' end as level

    from counts
    cross join observed
    left join levels
        on {{ is_level_of('levels', 'stakeholders', 'case when counts.engaged_count > 0 then counts.engaged_count else counts.on_file_count end') }}

)

select * from final
