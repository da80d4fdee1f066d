-- Grain: one row per account_id that is active in the last week.
-- Why: what an account pays today and when it next decides have one definition, whoever shows them.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

renewal_spans as (

    select * from {{ ref('int_renewals__owned') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

current_arr as (

    select
        subscription_spans.account_id,
        sum(subscription_spans.arr_usd) as arr_usd,
        min(renewal_spans.ends_on) as next_renewal_on

    from subscription_spans
    inner join clock
        on
            subscription_spans.from_week <= clock.latest_week_start_date
            and subscription_spans.to_week > clock.latest_week_start_date
    -- one span at most holds in the week
    left join renewal_spans
        on
            subscription_spans.subscription_id = renewal_spans.subscription_id
            and clock.latest_week_start_date >= renewal_spans.from_week
            and clock.latest_week_start_date < renewal_spans.to_week
    group by subscription_spans.account_id

),

final as (

    select
        owned.account_id,
        owned.csm_id,
        current_arr.next_renewal_on,
        -- an active account without an active subscription is observed to pay nothing, where any is on file
        case when observed.has_subscriptions then coalesce(current_arr.arr_usd, 0) end as arr_usd

    from owned
    -- the spans of an account do not overlap: one at most holds in the latest week
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date
    cross join observed
    left join current_arr on owned.account_id = current_arr.account_id

)

select * from final
