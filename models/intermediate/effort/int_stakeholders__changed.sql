-- Grain: one row per account_id and week_start_date from which its number of stakeholders is another.
-- Why: who takes part shows how many people an account really has; the address book stands in where nobody met.
{{ keeps_earlier_weeks('week_start_date') }}
{% set to_week = week_start(days_after('interactions.started_on', threshold('stakeholder_days'))) %}
with

active as (

    select * from {{ ref('int_accounts__active') }}
    where from_week >= {{ rebuild_from() }}

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
        exists(select 1 from {{ ref('stg_interactions__interaction_participants') }}) as has_participants,
        exists(select 1 from {{ ref('stg_crm__contacts') }}) as has_contacts

),

-- A conversation counts for the weeks whose trailing window reaches back to it.
conversations as (

    select
        interactions.account_id,
        {{ week_start('interactions.started_on') }} as from_week,
        {{ to_week }} as to_week,
        lag({{ to_week }}) over contact_order as previous_to_week,
        lead({{ week_start('interactions.started_on') }}) over contact_order as next_from_week

    from interactions
    inner join participants on interactions.interaction_id = participants.interaction_id
    where
        interactions.account_id is not null
        and interactions.started_on >= {{ days_before_rebuild(threshold('stakeholder_days')) }}
    window contact_order as (
        partition by interactions.account_id, participants.contact_id order by interactions.started_on
    )

),

-- One more where a contact takes part after a pause, one less where the last conversation before a pause leaves the
-- window. All conversations count for as long, so the next to begin is the next to end.
changes as (

    -- so that nobody is left out
    select
        account_id,
        from_week as week_start_date,
        0 as engaged_change,
        0 as on_file_change
    from active
    union all
    select
        account_id,
        {{ week_start('added_on') }} as week_start_date,
        0 as engaged_change,
        1 as on_file_change
    from contacts
    union all
    select
        account_id,
        {{ week_start('left_on') }} as week_start_date,
        0 as engaged_change,
        -1 as on_file_change
    from contacts
    where left_on is not null
    union all
    select
        account_id,
        from_week as week_start_date,
        1 as engaged_change,
        0 as on_file_change
    from conversations
    where previous_to_week is null or previous_to_week < from_week
    union all
    select
        account_id,
        to_week as week_start_date,
        -1 as engaged_change,
        0 as on_file_change
    from conversations
    where next_from_week is null or next_from_week > to_week

),

counts as (

    select
        changes.account_id,
        changes.week_start_date,
        {{ running_sum('sum(changes.engaged_change)', 'changes.account_id', 'changes.week_start_date') }}
            as engaged_count,
        {{ running_sum('sum(changes.on_file_change)', 'changes.account_id', 'changes.week_start_date') }}
            as on_file_count

    from changes
    group by changes.account_id, changes.week_start_date

),

-- Those on file stand in only where nobody met.
stakeholders as (

    select
        counts.account_id,
        counts.week_start_date,
        case when counts.engaged_count > 0 then counts.engaged_count else counts.on_file_count end as stakeholder_count

    from counts

),

measured as (

    select
        stakeholders.account_id,
        stakeholders.week_start_date,
        case when observed.has_participants or observed.has_contacts then levels.level else 'unknown' end as level

    from stakeholders
    cross join observed
    left join levels on {{ is_level_of('levels', 'stakeholders', 'stakeholders.stakeholder_count') }}

),

final as (

    {{ changes_only('measured', keeps_earlier_weeks=true) }}

)

select * from final
