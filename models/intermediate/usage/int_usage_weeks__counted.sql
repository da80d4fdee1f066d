-- Grain: one row per account_id and week_start_date, from the account's first week of use on while it is a customer.
-- Why: a week without a row is a week without use, once an account has any use at all.
with

usage_weeks as (

    select * from {{ ref('int_usage_weeks__used') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

used_weeks as (

    select
        usage_weeks.account_id,
        usage_weeks.week_start_date,
        usage_weeks.event_count,
        usage_weeks.active_user_count

    from usage_weeks
    inner join clock on usage_weeks.week_start_date <= clock.latest_week_start_date

),

first_use as (

    select
        used_weeks.account_id,
        min(used_weeks.week_start_date) as from_week,
        count(used_weeks.event_count) > 0 as has_events

    from used_weeks
    group by used_weeks.account_id

),

weeks as (

    {{ monday_spine(
        '(select min(first_use.from_week) from first_use)',
        '(select clock.latest_week_start_date from clock)'
    ) }}

),

final as (

    select
        first_use.account_id,
        weeks.week_start_date,
        -- a week without a row is a week without use; one whose rows hold no number is not observed
        case
            when used_weeks.account_id is null then 0
            when first_use.has_events then used_weeks.event_count
            else used_weeks.active_user_count
        end as usage_count

    from first_use
    inner join accounts on first_use.account_id = accounts.account_id
    inner join weeks
        on
            first_use.from_week <= weeks.week_start_date
            and (accounts.churned_on is null or accounts.churned_on > {{ days_after('weeks.week_start_date', 6) }})
    left join used_weeks
        on first_use.account_id = used_weeks.account_id and weeks.week_start_date = used_weeks.week_start_date

)

select * from final
