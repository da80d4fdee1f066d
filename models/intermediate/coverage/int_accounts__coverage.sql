-- Grain: one row per account_id and from_week; owner and last meaningful interaction hold until to_week, exclusive.
-- Why: two rules with a word for each, from one place: unmonitored counts days alone, overdue knows the cadence.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

touched as (

    select * from {{ ref('int_accounts__touched') }}

),

touch_cadences as (

    select * from {{ ref('touch_cadences') }}

),

cadence_per_segment as (

    select
        touch_cadences.segment,
        {{ threshold('quarter_days') }} / nullif(sum(touch_cadences.touches_per_quarter), 0) as allowed_gap_days

    from touch_cadences
    group by touch_cadences.segment

),

spans as (

    select
        owned.account_id,
        owned.csm_id,
        touched.last_meaningful_at,
        cadence_per_segment.allowed_gap_days,
        greatest(owned.from_week, touched.from_week) as from_week,
        least(owned.to_week, touched.to_week) as to_week,
        cast(touched.last_meaningful_at as date) as last_meaningful_on,
        coalesce(cast(touched.last_meaningful_at as date), active.customer_since) as waiting_since,
        case
            when cadence_per_segment.allowed_gap_days is null then 1
            else greatest(0, 1 - {{ threshold('unmonitored_days') }} / cadence_per_segment.allowed_gap_days)
        end as expected_unmonitored_ratio

    from owned
    inner join active on owned.account_id = active.account_id
    -- the spans of an account tile all weeks; each pair that overlaps is one row
    inner join touched
        on
            owned.account_id = touched.account_id
            and owned.from_week < touched.to_week
            and owned.to_week > touched.from_week
    left join cadence_per_segment on active.segment = cadence_per_segment.segment

),

final as (

    select
        spans.account_id,
        spans.csm_id,
        spans.from_week,
        spans.to_week,
        spans.last_meaningful_at,
        spans.allowed_gap_days,
        spans.expected_unmonitored_ratio,
        -- the week with the first Sunday on which so many days have passed: unmonitored from then on, if not touched
        coalesce(
            {{ week_start(days_after('spans.last_meaningful_on', 'ceil(' ~ threshold('unmonitored_days') ~ ')')) }},
            spans.from_week
        ) as unmonitored_week,
        -- null where it does not come to that in this span; never overdue where nothing is owed
        case
            when {{ days_between('spans.waiting_since', 'spans.to_week') }} > {{ comparable('spans.allowed_gap_days') }}
                then {{ week_start(
                    days_after('spans.waiting_since', 'floor(' ~ comparable('spans.allowed_gap_days') ~ ') + 1')
                ) }}
        end as overdue_week

    from spans

)

select * from final
