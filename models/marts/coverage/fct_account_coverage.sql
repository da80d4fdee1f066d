-- Grain: one row per account_id active at as_of_date.
-- Why: which accounts nobody has really spoken to, and which of them are owed a conversation.
with

coverage as (

    select * from {{ ref('int_accounts__coverage') }}

),

observed as (

    select * from {{ ref('int_interactions__observed') }}

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
        case when observed.has_interactions then coverage.unmonitored_week <= clock.latest_week_start_date end
            as is_unmonitored,
        coverage.allowed_gap_days,
        -- where nothing is owed, and where it does not come to that, no account is overdue
        case
            when observed.has_interactions then coalesce(coverage.overdue_week <= clock.latest_week_start_date, false)
        end as is_overdue,
        clock.as_of_date

    from coverage
    inner join clock
        on coverage.from_week <= clock.latest_week_start_date and coverage.to_week > clock.latest_week_start_date
    cross join observed

)

select * from final
