-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: what a book gained, lost and handed over, reconciled from one week's ARR to the next, to the cent.
{% set moved_columns = [
    'new_arr_usd', 'reactivated_arr_usd', 'expansion_arr_usd', 'contraction_arr_usd', 'churned_arr_usd',
    'transferred_in_arr_usd', 'transferred_out_arr_usd', 'new_account_count', 'churned_account_count',
] %}
with

books as (

    select * from {{ ref('int_books__weeks') }}
    -- without any subscription on file there is no revenue to reconcile
    where arr_usd is not null

),

moved as (

    select * from {{ ref('int_account_arr__moved') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- A week's change belongs to the book that holds the account on its Sunday, or held it last; an account that moves
-- takes along what it paid before.
changes as (

    select
        week_start_date,
        movement,
        coalesce(csm_id, previous_csm_id) as csm_id,
        abs(arr_usd - previous_arr_usd) as amount_usd
    from moved
    union all
    select
        week_start_date,
        'transfer in' as movement,
        csm_id,
        previous_arr_usd as amount_usd
    from moved
    where csm_id != previous_csm_id
    union all
    select
        week_start_date,
        'transfer out' as movement,
        previous_csm_id as csm_id,
        previous_arr_usd as amount_usd
    from moved
    where csm_id != previous_csm_id

),

moved_per_book as (

    select
        changes.csm_id,
        changes.week_start_date,
        sum(case when changes.movement = 'new' then changes.amount_usd else 0 end) as new_arr_usd,
        sum(case when changes.movement = 'reactivation' then changes.amount_usd else 0 end) as reactivated_arr_usd,
        sum(case when changes.movement = 'expansion' then changes.amount_usd else 0 end) as expansion_arr_usd,
        sum(case when changes.movement = 'contraction' then changes.amount_usd else 0 end) as contraction_arr_usd,
        sum(case when changes.movement = 'churn' then changes.amount_usd else 0 end) as churned_arr_usd,
        sum(case when changes.movement = 'transfer in' then changes.amount_usd else 0 end) as transferred_in_arr_usd,
        sum(case when changes.movement = 'transfer out' then changes.amount_usd else 0 end) as transferred_out_arr_usd,
        count(case when changes.movement = 'new' then 1 end) as new_account_count,
        count(case when changes.movement = 'churn' then 1 end) as churned_account_count

    from changes
    group by changes.csm_id, changes.week_start_date

),

-- Who is gone from a Monday on has no book in that week, and yet it is the week in which the accounts leave it.
book_weeks as (

    select
        {% for column in moved_columns -%}
            moved_per_book.{{ column }},
        {% endfor -%}
        coalesce(books.csm_id, moved_per_book.csm_id) as csm_id,
        coalesce(books.week_start_date, moved_per_book.week_start_date) as week_start_date,
        coalesce(books.arr_usd, 0) as closing_arr_usd,
        -- a week without movements has none; of the first week they are not known, without the week before it
        case
            when coalesce(books.week_start_date, moved_per_book.week_start_date) > clock.first_week_start_date then 0
        end as no_movement

    from books
    full outer join moved_per_book
        on books.csm_id = moved_per_book.csm_id and books.week_start_date = moved_per_book.week_start_date
    cross join clock

),

final as (

    select
        book_weeks.csm_id,
        book_weeks.week_start_date,
        book_weeks.closing_arr_usd,
        {% for column in moved_columns -%}
            coalesce(book_weeks.{{ column }}, book_weeks.no_movement) as {{ column }},
        {% endfor -%}
        -- before a CSM's own first week there was no book
        book_weeks.no_movement + lag(book_weeks.closing_arr_usd, 1, 0) over (
            partition by book_weeks.csm_id order by book_weeks.week_start_date
        ) as opening_arr_usd

    from book_weeks

)

select * from final
