-- Question: How large is each book, by accounts, ARR, red accounts and onboardings?
-- Also: size of each book; how many accounts does each CSM have; how much ARR does every person look after
-- Also: number of customers per CSM; portfolio size
-- Filters: csm, team
with

books as (

    select * from {{ ref('fct_books') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        books.csm_id,
        csms.csm_name,
        csms.team,
        books.account_count,
        books.arr_usd,
        books.red_account_count,
        books.onboarding_account_count,
        books.peak_renewal_share

    from books
    inner join weeks on books.week_start_date = weeks.week_start_date
    inner join csms on books.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, books.csm_id asc

)

select * from final
