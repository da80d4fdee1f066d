-- Grain: one row per account_id active at as_of_date.
-- Why: which accounts nobody has really spoken to, and which of them are owed a conversation.
with

account_weeks as (

    select * from {{ ref('int_account_weeks__coverage') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        account_weeks.account_id,
        account_weeks.csm_id,
        account_weeks.last_meaningful_at,
        account_weeks.days_since_meaningful,
        account_weeks.is_unmonitored,
        account_weeks.allowed_gap_days,
        account_weeks.is_overdue

    from account_weeks
    inner join clock on account_weeks.week_start_date = clock.latest_week_start_date

)

select * from final
