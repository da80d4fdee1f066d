-- Grain: one row per contact_id and emerged_at: a champion or decision maker falls silent, or a champion leaves.
-- Why: an account is kept by a few people; when they stop coming, the usage of the others says nothing yet.
with

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

participants as (

    select * from {{ ref('stg_interactions__interaction_participants') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

-- A meeting: an instant at which anybody of the account is known to have taken part. Two calls at once are one.
attended as (

    select distinct
        interactions.account_id,
        interactions.started_at,
        participants.contact_id

    from interactions
    inner join participants on interactions.interaction_id = participants.interaction_id
    where interactions.account_id is not null

),

meetings as (

    select
        attended.account_id,
        attended.started_at,
        row_number() over (partition by attended.account_id order by attended.started_at) as meeting_number

    from attended
    group by attended.account_id, attended.started_at

),

habits as (

    select
        contacts.contact_id,
        contacts.account_id,
        contacts.left_on,
        meetings.started_at,
        meetings.meeting_number,
        lead(meetings.started_at) over contact_history as next_started_at,
        row_number() over contact_history as attended_count,
        meetings.meeting_number + 1 - min(meetings.meeting_number) over contact_history as meeting_count

    from contacts
    inner join attended on contacts.contact_id = attended.contact_id and contacts.account_id = attended.account_id
    inner join meetings on attended.account_id = meetings.account_id and attended.started_at = meetings.started_at
    where contacts.contact_role in ('champion', 'decision_maker')
    window contact_history as (partition by contacts.contact_id order by meetings.started_at)

),

-- One row at most: a meeting's number is its own.
silences as (

    select
        habits.*,
        greatest(
            missed.started_at,
            {{ instant_after('habits.started_at', signal_rule('stakeholder_disengagement', 'silent_days')) }}
        ) as emerged_at

    from habits
    inner join meetings as missed
        on
            habits.account_id = missed.account_id
            and habits.meeting_number + {{ signal_rule('stakeholder_disengagement', 'missed_meeting_count') }}
            = missed.meeting_number

),

final as (

    select
        silences.contact_id,
        silences.account_id,
        'silent' as detector,
        silences.emerged_at

    from silences
    where
        (silences.next_started_at is null or silences.emerged_at < silences.next_started_at)
        and (silences.left_on is null or silences.emerged_at < silences.left_on)
        and {{ comparable(ratio('silences.attended_count', 'silences.meeting_count')) }}
        >= {{ signal_rule('stakeholder_disengagement', 'minimum_attendance_ratio') }}

    union all

    select
        contacts.contact_id,
        contacts.account_id,
        'champion_left' as detector,
        cast(contacts.left_on as timestamp) as emerged_at

    from contacts
    where contacts.contact_role = 'champion' and contacts.left_on is not null

)

select * from final
