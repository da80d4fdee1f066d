-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: each red account asks for more than its share, and several at once are more than one person can save.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

red_books as (

    select * from {{ ref('int_books__red') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_crm__health_scores') }}) as has_health_scores

),

red_per_book as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        books.arr_usd,
        -- without health scores red is not observed; with them, a book without a red account has none
        case when observed.has_health_scores then coalesce(red_books.red_account_count, 0) end as red_account_count,
        case
            when observed.has_health_scores and books.arr_usd is not null then coalesce(red_books.red_arr_usd, 0)
        end as red_arr_usd,
        greatest(
            {{ threshold('risk_stacking_minimum_count') }}, {{ threshold('risk_stacking_share') }} * books.account_count
        ) as risk_stacking_threshold_count

    from books
    cross join observed
    left join red_books on books.csm_id = red_books.csm_id and books.week_start_date = red_books.week_start_date

),

final as (

    select
        red_per_book.csm_id,
        red_per_book.week_start_date,
        red_per_book.red_account_count,
        red_per_book.red_arr_usd,
        {{ ratio('red_per_book.red_arr_usd', 'red_per_book.arr_usd') }} as red_arr_share,
        {{ threshold('quarterly_churn_red_ratio') }} * red_per_book.red_account_count
        + {{ threshold('quarterly_churn_other_ratio') }}
        * (red_per_book.account_count - red_per_book.red_account_count) as expected_churn_count,
        -- at least one leaves unless all of them stay
        1 - power(1 - {{ threshold('quarterly_churn_red_ratio') }}, red_per_book.red_account_count)
        * power(
            1 - {{ threshold('quarterly_churn_other_ratio') }},
            red_per_book.account_count - red_per_book.red_account_count
        ) as churn_exposure_ratio,
        red_per_book.risk_stacking_threshold_count,
        -- nobody has too many in the book that nobody owns
        case
            when red_per_book.csm_id != 'unassigned'
                then
                    red_per_book.red_account_count > {{ comparable('red_per_book.risk_stacking_threshold_count') }}
        end as is_risk_stacked

    from red_per_book

)

select * from final
