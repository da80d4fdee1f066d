-- Grain: one row per contact_id of an account that is active on as_of_date.
-- Why: who was last heard when, and how often the others met since.
with

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

participants as (

    select * from {{ ref('int_participants__seen') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

clock as (

    select *, {{ days_after('as_of_date', '-' ~ threshold('stakeholder_days')) }} as past_on from {{ ref('int_clock') }}

),

seen as (

    select
        participants.contact_id,
        max(participants.started_at) as last_seen_at,
        count(case when participants.is_meaningful and cast(participants.started_at as date) > clock.past_on then 1 end)
            as attended_meeting_count

    from participants
    cross join clock
    group by participants.contact_id

),

known as (

    select
        contacts.contact_id,
        contacts.account_id,
        contacts.contact_role,
        contacts.added_on,
        seen.last_seen_at,
        seen.attended_meeting_count,
        greatest(cast(contacts.added_on as timestamp), seen.last_seen_at) as missed_after_at,
        -- a day after as_of_date is not yet known
        case when contacts.left_on <= clock.as_of_date then contacts.left_on end as left_on

    from contacts
    inner join owned on contacts.account_id = owned.account_id
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date
    left join seen on contacts.contact_id = seen.contact_id
    where contacts.added_on <= clock.as_of_date

),

-- A meeting of which nobody was recorded says nothing about who was not there.
points as (

    select distinct
        null as contact_id,
        participants.account_id,
        participants.started_at as point_at,
        participants.interaction_id

    from participants
    where participants.is_meaningful

    union all

    select
        known.contact_id,
        known.account_id,
        known.missed_after_at as point_at,
        null as interaction_id

    from known

),

meeting_counts as (

    select
        points.contact_id,
        -- a contact seen in a meeting did not miss that one: rows of one instant count together
        count(points.interaction_id) over (partition by points.account_id)
        - count(points.interaction_id) over (partition by points.account_id order by points.point_at)
            as missed_meeting_count

    from points

),

final as (

    select
        known.contact_id,
        known.account_id,
        known.contact_role,
        known.added_on,
        known.left_on,
        known.last_seen_at,
        known.missed_after_at,
        known.attended_meeting_count,
        meeting_counts.missed_meeting_count

    from known
    inner join meeting_counts on known.contact_id = meeting_counts.contact_id

)

select * from final
