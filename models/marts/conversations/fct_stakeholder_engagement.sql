-- Grain: one row per contact_id of an account that is active on as_of_date.
-- Why: who of the customer's people is still in the conversation; a champion falls silent before they leave.
with

contacts as (

    select * from {{ ref('int_contacts__seen') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__interaction_participants') }}) as has_participants

),

counted as (

    select
        contacts.contact_id,
        contacts.account_id,
        contacts.contact_role,
        contacts.added_on,
        contacts.left_on,
        contacts.last_seen_at,
        clock.as_of_date,
        {{ days_between('cast(contacts.missed_after_at as date)', 'clock.as_of_date') }} as unseen_days,
        -- who was in none of the recorded conversations is observed to have attended none
        case when observed.has_participants then coalesce(contacts.attended_meeting_count, 0) end
            as attended_meeting_count,
        case when observed.has_participants then contacts.missed_meeting_count end as missed_meeting_count,
        -- the first champion of an account is no change
        contacts.contact_role = 'champion'
        and greatest(
            contacts.left_on,
            case
                when
                    contacts.added_on > min(case when contacts.contact_role = 'champion' then contacts.added_on end)
                        over (partition by contacts.account_id)
                    then contacts.added_on
            end
        ) > {{ days_after('clock.as_of_date', '-' ~ threshold('champion_change_days')) }} as is_champion_change

    from contacts
    cross join clock
    cross join observed

),

judged as (

    select
        counted.*,
        -- who left the company is not silent but gone
        case
            when counted.missed_meeting_count is not null
                then
                    counted.left_on is null
                    and counted.missed_meeting_count
                    >= {{ signal_rule('stakeholder_disengagement', 'missed_meeting_count') }}
                    and counted.unseen_days
                    >= {{ signal_rule('stakeholder_disengagement', 'silent_days') }}
        end as is_silent

    from counted

),

final as (

    select
        judged.contact_id,
        judged.account_id,
        judged.contact_role,
        judged.added_on,
        judged.left_on,
        judged.last_seen_at,
        judged.attended_meeting_count as attended_meeting_count_last_90_days,
        judged.missed_meeting_count,
        judged.is_silent,
        judged.left_on is not null as has_left,
        case when judged.is_silent is not null then judged.unseen_days end as unseen_days,
        case
            when judged.is_silent is not null
                then
                    not judged.is_silent
                    and judged.left_on is null
                    and judged.last_seen_at is not null
                    and judged.unseen_days < {{ threshold('stakeholder_days') }}
        end as is_engaged,
        coalesce(judged.is_champion_change, false) as is_champion_change,
        judged.as_of_date

    from judged

)

select * from final
