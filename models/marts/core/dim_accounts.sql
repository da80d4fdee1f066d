-- Grain: one row per account_id that became a customer by as_of_date.
-- Why: what the accounts are, and whose, as of the last week.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

paying as (

    select * from {{ ref('int_accounts__paying') }}

),

tagged as (

    select * from {{ ref('int_accounts__tagged') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

described_accounts as (

    select
        accounts.*,
        paying.csm_id,
        tagged.lifecycle_stage,
        tagged.complexity_tier,
        tagged.health_trajectory,
        tagged.expansion_potential,
        tagged.signal_density,
        paying.arr_usd,
        paying.next_renewal_on,
        clock.as_of_date,
        paying.account_id is not null as is_active,
        -- a day after as_of_date is not yet known
        case when accounts.churned_on <= clock.as_of_date then accounts.churned_on end as known_churned_on

    from accounts
    cross join clock
    left join paying on accounts.account_id = paying.account_id
    left join tagged on paying.account_id = tagged.account_id
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
        described_accounts.signal_density,
        described_accounts.as_of_date

    from described_accounts

)

select * from final
