-- Question: Which books hold more red accounts than one book should, and how likely is a churn in them?
-- Also: books with too many red accounts; several troubled accounts at one person; risk concentrated on one CSM
-- Filters: csm
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
        books.account_count,
        books.red_account_count,
        books.risk_stacking_threshold_count,
        books.arr_usd,
        books.red_arr_usd,
        books.red_arr_share,
        books.churn_exposure_ratio

    from books
    inner join weeks on books.week_start_date = weeks.week_start_date
    inner join csms on books.csm_id = csms.csm_id
    where
        weeks.is_latest
        and books.is_risk_stacked
    order by books.red_arr_usd desc, books.csm_id asc

)

select * from final
