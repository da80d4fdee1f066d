-- Closing ARR is that of fct_books, for every book and week; a row more is a book that just emptied. Otherwise two
-- marts would tell two revenues. Where none is observed there is nothing to reconcile.
with

movements as (

    select * from {{ ref('fct_arr_movements') }}

),

books as (

    select * from {{ ref('fct_books') }}

),

final as (

    select
        movements.closing_arr_usd,
        books.arr_usd,
        coalesce(movements.csm_id, books.csm_id) as csm_id,
        coalesce(movements.week_start_date, books.week_start_date) as week_start_date

    from movements
    full outer join books on movements.csm_id = books.csm_id and movements.week_start_date = books.week_start_date
    where
        case
            when movements.csm_id is null then books.arr_usd is not null
            else not coalesce(abs(movements.closing_arr_usd - coalesce(books.arr_usd, 0)) < 0.005, false)
        end

)

select * from final
