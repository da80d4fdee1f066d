-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: what the cadence of a book asks for; counted by segment, so that it costs books and not accounts.
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

touch_cadences as (

    select * from {{ ref('touch_cadences') }}

),

cadence_per_segment as (

    select
        touch_cadences.segment,
        sum(touch_cadences.touches_per_quarter) as touches_per_quarter,
        sum(touch_cadences.touches_per_quarter * touch_cadences.hours_per_touch) as hours_per_quarter

    from touch_cadences
    group by touch_cadences.segment

),

changes as (

    select
        owned.csm_id,
        active.segment,
        owned.from_week as week_start_date,
        1 as change_count

    from owned
    inner join active on owned.account_id = active.account_id

    union all

    select
        owned.csm_id,
        active.segment,
        owned.to_week as week_start_date,
        -1 as change_count

    from owned
    inner join active on owned.account_id = active.account_id

),

segment_spans as (

    select
        changes.csm_id,
        changes.segment,
        changes.week_start_date as from_week,
        lead(changes.week_start_date) over (
            partition by changes.csm_id, changes.segment order by changes.week_start_date
        ) as to_week,
        {{ running_sum('sum(changes.change_count)', 'changes.csm_id, changes.segment', 'changes.week_start_date') }}
            as account_count

    from changes
    group by changes.csm_id, changes.segment, changes.week_start_date

),

final as (

    select
        capacity.csm_id,
        capacity.week_start_date,
        -- an empty book is owed nothing
        coalesce(sum(segment_spans.account_count * cadence_per_segment.touches_per_quarter), 0)
            as required_touch_count,
        coalesce(sum(segment_spans.account_count * cadence_per_segment.hours_per_quarter), 0)
        / ({{ threshold('quarter_days') }} / 7) as required_hours_per_week,
        max(role_tiers.touch_ceiling_per_quarter * capacity.fte) as touch_ceiling_count

    from capacity
    inner join csms on capacity.csm_id = csms.csm_id
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    -- one row for each segment of the book, grouped back to one; the last span of a segment is empty and has no end
    left join segment_spans
        on
            capacity.csm_id = segment_spans.csm_id
            and capacity.week_start_date >= segment_spans.from_week
            and capacity.week_start_date < segment_spans.to_week
    left join cadence_per_segment on segment_spans.segment = cadence_per_segment.segment
    group by capacity.csm_id, capacity.week_start_date

)

select * from final
