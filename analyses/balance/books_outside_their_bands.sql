-- Question: Which books are outside the band of their motion, by ARR or by number of accounts?
-- Also: whose book is too big; whose book is too small
-- Also: books that are too large or too small; portfolio outside the recommended size; too many accounts for one CSM
-- Filters: csm, motion
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
        csms.motion,
        csms.fte,
        books.account_count,
        books.account_band,
        books.arr_usd,
        books.arr_band

    from books
    inner join weeks on books.week_start_date = weeks.week_start_date
    inner join csms on books.csm_id = csms.csm_id
    where
        weeks.is_latest
        and (books.account_band != 'within' or books.arr_band != 'within')
    order by csms.motion asc, books.arr_usd desc, books.csm_id asc

)

select * from final
