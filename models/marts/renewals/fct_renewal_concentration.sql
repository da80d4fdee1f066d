-- Grain: one row per csm_id (`unassigned` included) and quarter_start_date at as_of_date.
-- Why: the renewal calendar of each book; a quarter that holds most of a book cannot be worked.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

renewing as (

    select * from {{ ref('int_book_quarters__renewing') }}

),

current_books as (

    select
        books.csm_id,
        books.arr_usd,
        books.week_start_date,
        weeks.quarter_start_date,
        weeks.week_end_date as as_of_date

    from books
    inner join weeks on books.week_start_date = weeks.week_start_date and weeks.is_latest
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    where capacity.is_employed_on_sunday or books.csm_id = 'unassigned'

),

quarters_ahead as (

    {{ whole_numbers(0, threshold('renewal_horizon_quarters') ~ ' - 1') }}

),

-- The horizon always, later quarters where something renews.
book_quarters as (

    select
        current_books.csm_id,
        {{ quarters_after('current_books.quarter_start_date', 'quarters_ahead.whole_number') }} as quarter_start_date

    from current_books
    cross join quarters_ahead

    union

    select
        current_books.csm_id,
        renewing.quarter_start_date

    from current_books
    inner join renewing
        on current_books.csm_id = renewing.csm_id and current_books.week_start_date = renewing.week_start_date

),

shares as (

    select
        book_quarters.csm_id,
        book_quarters.quarter_start_date,
        current_books.as_of_date,
        -- a quarter without a renewal is observed none, where revenue is observed
        case when current_books.arr_usd is not null then coalesce(renewing.renewing_arr_usd, 0) end as renewing_arr_usd,
        current_books.arr_usd as book_arr_usd,
        {{ ratio('coalesce(renewing.renewing_arr_usd, 0)', 'current_books.arr_usd') }} as renewal_share,
        case when current_books.arr_usd is not null then coalesce(renewing.subscription_count, 0) end
            as subscription_count,
        {{ quarters_between('current_books.quarter_start_date', 'book_quarters.quarter_start_date') }}
        < {{ threshold('renewal_horizon_quarters') }} as is_in_horizon

    from book_quarters
    inner join current_books on book_quarters.csm_id = current_books.csm_id
    left join renewing
        on
            book_quarters.csm_id = renewing.csm_id
            and book_quarters.quarter_start_date = renewing.quarter_start_date
            and current_books.week_start_date = renewing.week_start_date

),

final as (

    select
        shares.csm_id,
        shares.quarter_start_date,
        shares.renewing_arr_usd,
        shares.book_arr_usd,
        shares.renewal_share,
        shares.subscription_count,
        shares.is_in_horizon,
        {{ renewal_flag('shares', 'renewal_warn_share') }} as is_over_warn,
        {{ renewal_flag('shares', 'renewal_cap_share') }} as is_over_cap,
        shares.as_of_date

    from shares

)

select * from final
