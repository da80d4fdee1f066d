-- Question: When did anybody last have a real conversation with an account?
-- Also: last meaningful interaction; when did we last speak to a customer; last call with an account; last touch
-- Also: last contact
-- Filters: account, csm, segment, team
with

coverages as (

    select * from {{ ref('fct_account_coverage') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        coverages.account_id,
        accounts.account_name,
        coverages.csm_id,
        coverages.last_meaningful_at,
        coverages.days_since_meaningful,
        coverages.allowed_gap_days,
        coverages.is_overdue

    from coverages
    inner join accounts on coverages.account_id = accounts.account_id
    order by accounts.account_name asc, coverages.account_id asc

)

select * from final
