-- Grain: one row per account_id and week_start_date in which the account is active.
-- Why: the one place where spans become weeks; a view, because a million accounts make a hundred million rows.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

final as (

    select
        owned.account_id,
        weeks.week_start_date,
        weeks.week_end_date,
        owned.csm_id,
        active.segment,
        active.customer_since

    from owned
    inner join weeks on owned.from_week <= weeks.week_start_date and owned.to_week > weeks.week_start_date
    inner join active on owned.account_id = active.account_id

)

select * from final
