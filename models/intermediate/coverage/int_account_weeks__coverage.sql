-- Grain: one row per account_id and week_start_date in which the account is active.
-- Why: both readings of neglect, the literal and the one that knows what is owed, from one place.
with

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

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

days_since as (

    select
        account_weeks.account_id,
        account_weeks.week_start_date,
        account_weeks.csm_id,
        touched.last_meaningful_at,
        cadence_per_segment.allowed_gap_days,
        {{ days_between('cast(touched.last_meaningful_at as date)', 'account_weeks.week_end_date') }}
            as days_since_meaningful,
        {{ days_between('account_weeks.customer_since', 'account_weeks.week_end_date') }} as customer_days

    from account_weeks
    -- the spans of an account tile all weeks, so each week finds one
    inner join touched
        on
            account_weeks.account_id = touched.account_id
            and account_weeks.week_start_date >= touched.from_week
            and account_weeks.week_start_date < touched.to_week
    left join cadence_per_segment on account_weeks.segment = cadence_per_segment.segment

),

final as (

    select
        days_since.account_id,
        days_since.week_start_date,
        days_since.csm_id,
        days_since.last_meaningful_at,
        days_since.days_since_meaningful,
        days_since.days_since_meaningful is null
        or days_since.days_since_meaningful >= {{ threshold('unmonitored_days') }} as is_unmonitored,
        days_since.allowed_gap_days,
        -- never overdue where nothing is owed
        coalesce(
            coalesce(days_since.days_since_meaningful, days_since.customer_days)
            > {{ comparable('days_since.allowed_gap_days') }},
            false
        ) as is_overdue,
        case
            when days_since.allowed_gap_days is null then 1
            else greatest(0, 1 - {{ threshold('unmonitored_days') }} / days_since.allowed_gap_days)
        end as expected_unmonitored_ratio

    from days_since

)

select * from final
