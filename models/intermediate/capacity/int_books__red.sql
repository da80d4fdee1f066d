-- Grain: one row per csm_id and week_start_date with at least one red account.
-- Why: accounts and ARR at risk always go together.
with

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

),

health as (

    select * from {{ ref('int_accounts__health') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

red_account_weeks as (

    select
        account_weeks.csm_id,
        account_weeks.account_id,
        account_weeks.week_start_date

    from account_weeks
    inner join health
        on
            account_weeks.account_id = health.account_id
            and account_weeks.week_start_date >= health.from_week
            and account_weeks.week_start_date < health.to_week
    where health.is_red

),

arr_per_account as (

    select
        red_account_weeks.csm_id,
        red_account_weeks.account_id,
        red_account_weeks.week_start_date,
        sum(subscription_spans.arr_usd) as arr_usd

    from red_account_weeks
    -- an account may have no active subscription; grouped back to one row below
    left join subscription_spans
        on
            red_account_weeks.account_id = subscription_spans.account_id
            and red_account_weeks.week_start_date >= subscription_spans.from_week
            and red_account_weeks.week_start_date < subscription_spans.to_week
    group by red_account_weeks.csm_id, red_account_weeks.account_id, red_account_weeks.week_start_date

),

final as (

    select
        arr_per_account.csm_id,
        arr_per_account.week_start_date,
        count(*) as red_account_count,
        -- no active subscription is observed none
        coalesce(sum(arr_per_account.arr_usd), 0) as red_arr_usd

    from arr_per_account
    group by arr_per_account.csm_id, arr_per_account.week_start_date

)

select * from final
