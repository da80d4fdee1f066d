-- Grain: one row per account_id that became a customer by as_of_date.
-- Why: what the accounts are, and whose, as of the last week.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

),

account_effort as (

    select * from {{ ref('fct_account_effort') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

current_arr as (

    select
        subscription_spans.account_id,
        sum(subscription_spans.arr_usd) as arr_usd,
        min(subscription_spans.ends_on) as next_renewal_on

    from subscription_spans
    inner join clock
        on
            subscription_spans.from_week <= clock.latest_week_start_date
            and subscription_spans.to_week > clock.latest_week_start_date
    group by subscription_spans.account_id

),

final as (

    select
        accounts.account_id,
        accounts.account_name,
        accounts.segment,
        accounts.industry,
        accounts.region,
        accounts.language,
        accounts.customer_since,
        accounts.churned_on,
        account_weeks.account_id is not null as is_active,
        account_weeks.csm_id,
        account_effort.lifecycle_level as lifecycle_stage,
        -- an active account without an active subscription is observed to pay nothing
        case when account_weeks.account_id is not null then coalesce(current_arr.arr_usd, 0) end as arr_usd,
        current_arr.next_renewal_on

    from accounts
    cross join clock
    left join account_weeks
        on accounts.account_id = account_weeks.account_id and account_weeks.week_start_date = clock.latest_week_start_date
    left join account_effort
        on
            accounts.account_id = account_effort.account_id
            and account_effort.week_start_date = clock.latest_week_start_date
    left join current_arr on accounts.account_id = current_arr.account_id
    where accounts.customer_since <= clock.as_of_date

)

select * from final
