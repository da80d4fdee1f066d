-- Grain: one row per contact_id and emerged_at: a champion or decision maker falls silent, or a champion leaves.
-- Why: an account is kept by a few people; when they stop coming, the usage of the others says nothing yet.
with

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

participants as (

    select * from {{ ref('int_participants__seen') }}

),

-- A meeting: an instant at which anybody of the account is known to have taken part. Two calls at once are one.
meeting_times as (

    select distinct
        account_id,
        started_at
    from participants
    where account_id is not null

),

meetings as (

    select
        meeting_times.account_id,
        meeting_times.started_at,
        row_number() over (partition by meeting_times.account_id order by meeting_times.started_at) as meeting_number

    from meeting_times

),

attended as (

    select distinct
        contacts.contact_id,
        contacts.account_id,
        contacts.left_on,
        participants.started_at

    from contacts
    inner join participants
        on contacts.contact_id = participants.contact_id and contacts.account_id = participants.account_id
    where contacts.contact_role in ('champion', 'decision_maker')

),

habits as (

    select
        attended.contact_id,
        attended.account_id,
        attended.left_on,
        attended.started_at,
        meetings.meeting_number,
        lead(attended.started_at) over contact_history as next_started_at,
        row_number() over contact_history as attended_count,
        meetings.meeting_number + 1 - min(meetings.meeting_number) over contact_history as meeting_count

    from attended
    inner join meetings on attended.account_id = meetings.account_id and attended.started_at = meetings.started_at
    window contact_history as (partition by attended.contact_id order by attended.started_at)

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
