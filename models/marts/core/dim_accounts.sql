-- Grain: one row per account_id that became a customer by as_of_date.
-- Why: what the accounts are, and whose, as of the last week.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

tagged as (

    select * from {{ ref('int_accounts__tagged') }}

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

current_accounts as (

    select
        owned.account_id,
        owned.csm_id,
        current_arr.next_renewal_on,
        -- an active account without an active subscription is observed to pay nothing
        coalesce(current_arr.arr_usd, 0) as arr_usd

    from owned
    -- the spans of an account do not overlap: one at most holds in the latest week
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date
    left join current_arr on owned.account_id = current_arr.account_id

),

described_accounts as (

    select
        accounts.*,
        current_accounts.csm_id,
        tagged.lifecycle_stage,
        tagged.complexity_tier,
        tagged.health_trajectory,
        tagged.expansion_potential,
        tagged.signal_density,
        current_accounts.arr_usd,
        current_accounts.next_renewal_on,
        current_accounts.account_id is not null as is_active,
        -- a day after as_of_date is not yet known
        case when accounts.churned_on <= clock.as_of_date then accounts.churned_on end as known_churned_on

    from accounts
    cross join clock
    left join current_accounts on accounts.account_id = current_accounts.account_id
    left join tagged on current_accounts.account_id = tagged.account_id
    where accounts.customer_since <= clock.as_of_date

),

final as (

    select
        described_accounts.account_id,
        described_accounts.account_name,
        described_accounts.segment,
        described_accounts.industry,
        described_accounts.region,
        described_accounts.language,
        described_accounts.customer_since,
        described_accounts.known_churned_on as churned_on,
        described_accounts.is_active,
        described_accounts.csm_id,
        described_accounts.lifecycle_stage,
        described_accounts.arr_usd,
        described_accounts.next_renewal_on,
        described_accounts.complexity_tier,
        described_accounts.health_trajectory,
        described_accounts.expansion_potential,
        described_accounts.signal_density

    from described_accounts

)

select * from final
