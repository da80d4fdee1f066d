-- Grain: one row per account_id and from_week; the spans of an account tile its active span.
-- Why: what nobody employed owns belongs to `unassigned`, so that books always add up to the whole.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

assignments as (

    select * from {{ ref('stg_crm__account_assignments') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

-- A span of days covers the Sundays of the weeks from the Monday of its first day to that of its end, exclusive.
owned as (

    select
        active.account_id,
        assignments.csm_id,
        active.from_week as active_from_week,
        active.to_week as active_to_week,
        greatest({{ week_start('greatest(assignments.assigned_on, csms.hired_on)') }}, active.from_week) as from_week,
        least(
            coalesce({{ week_start('assignments.unassigned_on') }}, active.to_week),
            coalesce({{ week_start('csms.left_on') }}, active.to_week),
            active.to_week
        ) as to_week

    from active
    inner join assignments on active.account_id = assignments.account_id
    inner join csms on assignments.csm_id = csms.csm_id

),

owned_weeks as (

    select
        owned.*,
        lag(owned.to_week) over (partition by owned.account_id order by owned.from_week) as previous_to_week,
        lead(owned.from_week) over (partition by owned.account_id order by owned.from_week) as next_from_week

    from owned
    where owned.from_week < owned.to_week

),

spans as (

    select
        owned_weeks.account_id,
        owned_weeks.csm_id,
        owned_weeks.from_week,
        owned_weeks.to_week

    from owned_weeks

    union all

    -- the gap before a span
    select
        owned_weeks.account_id,
        'unassigned' as csm_id,
        coalesce(owned_weeks.previous_to_week, owned_weeks.active_from_week) as from_week,
        owned_weeks.from_week as to_week

    from owned_weeks

    union all

    -- the gap after the last span
    select
        owned_weeks.account_id,
        'unassigned' as csm_id,
        owned_weeks.to_week as from_week,
        owned_weeks.active_to_week as to_week

    from owned_weeks
    where owned_weeks.next_from_week is null

    union all

    select
        active.account_id,
        'unassigned' as csm_id,
        active.from_week,
        active.to_week

    from active
    left join owned_weeks on active.account_id = owned_weeks.account_id
    where owned_weeks.account_id is null

),

final as (

    select
        spans.account_id,
        spans.csm_id,
        spans.from_week,
        spans.to_week

    from spans
    where spans.from_week < spans.to_week

)

select * from final
