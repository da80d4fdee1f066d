{#- Books (`unassigned` included) must add up to all active accounts and their ARR, counted here from the accounts and
    subscriptions themselves. Otherwise an account stands in two books or in none, and every average over books lies. -#}
{% test books_add_up(model) %}

with

books as (

    select * from {{ model }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

observed as (

    select count(*) > 0 as has_subscriptions
    from subscriptions

),

active_accounts as (

    select
        weeks.week_start_date,
        count(accounts.account_id) as account_count

    from weeks
    left join accounts
        on
            weeks.week_end_date >= accounts.customer_since
            and (accounts.churned_on is null or weeks.week_end_date < accounts.churned_on)
    group by weeks.week_start_date

),

-- Subscriptions of active accounts only: what a churned account once bought belongs to no book.
active_subscriptions as (

    select
        weeks.week_start_date,
        sum(subscriptions.arr_usd) as arr_usd

    from subscriptions
    inner join accounts on subscriptions.account_id = accounts.account_id
    inner join weeks
        on
            subscriptions.starts_on <= weeks.week_end_date
            and (subscriptions.in_force_until is null or subscriptions.in_force_until > weeks.week_end_date)
            and accounts.customer_since <= weeks.week_end_date
            and (accounts.churned_on is null or accounts.churned_on > weeks.week_end_date)
    group by weeks.week_start_date

),

all_books as (

    select
        books.week_start_date,
        sum(books.account_count) as account_count,
        sum(books.arr_usd) as arr_usd

    from books
    group by books.week_start_date

),

final as (

    select
        weeks.week_start_date,
        all_books.account_count,
        active_accounts.account_count as expected_account_count,
        all_books.arr_usd,
        active_subscriptions.arr_usd as expected_arr_usd

    from weeks
    cross join observed
    left join all_books on weeks.week_start_date = all_books.week_start_date
    left join active_accounts on weeks.week_start_date = active_accounts.week_start_date
    left join active_subscriptions on weeks.week_start_date = active_subscriptions.week_start_date
    where
        all_books.account_count is distinct from active_accounts.account_count
        -- without any subscription on file no book has an ARR
        or (not observed.has_subscriptions and all_books.arr_usd is not null)
        -- a week without a subscription has no ARR; a sum in another order differs by less than half a cent, and of
        -- sums in the trillions by their last digits
        or (
            observed.has_subscriptions
            and not coalesce(
                abs(all_books.arr_usd - coalesce(active_subscriptions.arr_usd, 0))
                < greatest(0.005, 0.000000000001 * active_subscriptions.arr_usd),
                false
            )
        )

)

select * from final

{% endtest %}
