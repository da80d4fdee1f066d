-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: the peak of a book has one definition, which the weekly books and the renewal calendar share.
{{ keeps_earlier_weeks('week_start_date') }}
with

books as (

    select * from {{ ref('int_books__weeks') }}
    where week_start_date >= {{ rebuild_from() }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

renewing as (

    select * from {{ ref('int_book_quarters__renewing') }}
    where week_start_date >= {{ rebuild_from() }}

),

-- Of equal peaks the earliest.
ranked_quarters as (

    select
        books.csm_id,
        books.week_start_date,
        renewing.quarter_start_date,
        renewing.renewing_arr_usd,
        row_number() over (
            partition by books.csm_id, books.week_start_date
            order by
                {{ comparable(ratio('renewing.renewing_arr_usd', 'books.arr_usd')) }} desc,
                renewing.quarter_start_date
        ) as peak_rank

    from books
    inner join renewing on books.csm_id = renewing.csm_id and books.week_start_date = renewing.week_start_date
    where renewing.quarters_ahead_count < {{ threshold('renewal_horizon_quarters') }}

),

shares as (

    select
        books.csm_id,
        books.week_start_date,
        weeks.quarter_start_date as current_quarter_start_date,
        ranked_quarters.quarter_start_date,
        -- nothing that renews is an observed peak of none, where revenue is observed
        case when books.arr_usd is not null then coalesce(ranked_quarters.renewing_arr_usd, 0) end
            as peak_renewing_arr_usd,
        {{ ratio('coalesce(ranked_quarters.renewing_arr_usd, 0)', 'books.arr_usd') }} as peak_renewal_share

    from books
    inner join weeks on books.week_start_date = weeks.week_start_date
    left join ranked_quarters
        on
            books.csm_id = ranked_quarters.csm_id
            and books.week_start_date = ranked_quarters.week_start_date
            and ranked_quarters.peak_rank = 1

),

final as (

    select
        shares.csm_id,
        shares.week_start_date,
        -- with no ARR there is no peak; where nothing renews all quarters are equal
        case
            when {{ comparable('shares.peak_renewal_share') }} > 0 then shares.quarter_start_date
            when shares.peak_renewal_share is not null then shares.current_quarter_start_date
        end as peak_quarter_start_date,
        shares.peak_renewing_arr_usd,
        shares.peak_renewal_share

    from shares

)

select * from final
