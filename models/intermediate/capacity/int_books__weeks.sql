-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: the size of a book has one definition, which load, coverage and books share.
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

books as (

    select
        csm_id,
        week_start_date
    from capacity
    union all
    select
        'unassigned' as csm_id,
        week_start_date
    from weeks

),

accounts_per_book as (

    select
        account_weeks.csm_id,
        account_weeks.week_start_date,
        count(*) as account_count

    from account_weeks
    group by account_weeks.csm_id, account_weeks.week_start_date

),

arr_per_book as (

    select
        subscription_spans.csm_id,
        weeks.week_start_date,
        sum(subscription_spans.arr_usd) as arr_usd

    from subscription_spans
    inner join weeks
        on
            subscription_spans.from_week <= weeks.week_start_date
            and subscription_spans.to_week > weeks.week_start_date
    group by subscription_spans.csm_id, weeks.week_start_date

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        -- a book without accounts or subscriptions is observed empty
        coalesce(accounts_per_book.account_count, 0) as account_count,
        coalesce(arr_per_book.arr_usd, 0) as arr_usd

    from books
    left join accounts_per_book
        on
            books.csm_id = accounts_per_book.csm_id
            and books.week_start_date = accounts_per_book.week_start_date
    left join arr_per_book
        on books.csm_id = arr_per_book.csm_id and books.week_start_date = arr_per_book.week_start_date

)

select * from final
