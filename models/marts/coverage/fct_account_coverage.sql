-- Grain: one row per account_id active at as_of_date.
-- Why: which accounts nobody has really spoken to, and which of them are owed a conversation.
with

coverage as (

    select * from {{ ref('int_accounts__coverage') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        coverage.account_id,
        coverage.csm_id,
        coverage.last_meaningful_at,
        {{ days_between('cast(coverage.last_meaningful_at as date)', 'clock.as_of_date') }} as days_since_meaningful,
        coverage.unmonitored_week <= clock.latest_week_start_date as is_unmonitored,
        coverage.allowed_gap_days,
        coalesce(coverage.overdue_week <= clock.latest_week_start_date, false) as is_overdue

    from coverage
    inner join clock
        on coverage.from_week <= clock.latest_week_start_date and coverage.to_week > clock.latest_week_start_date

)

select * from final
