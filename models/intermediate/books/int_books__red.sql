-- Grain: one row per csm_id and week_start_date with at least one red account.
-- Why: accounts and ARR at risk always go together.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

red_changes as (

    select * from {{ ref('int_red_accounts__changed') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

states as (

    select
        red_changes.account_id,
        red_changes.is_red,
        red_changes.week_start_date as from_week,
        coalesce(
            lead(red_changes.week_start_date) over (
                partition by red_changes.account_id order by red_changes.week_start_date
            ),
            cast('9999-12-27' as date)
        ) as to_week

    from red_changes

),

-- A row for each red span of an account in a book, and one for each subscription that is active in it.
spans as (

    select
        owned.csm_id,
        greatest(owned.from_week, states.from_week) as from_week,
        least(owned.to_week, states.to_week) as to_week,
        1 as red_account_count,
        {{ exact_sum_part(0) }} as red_arr_usd

    from states
    inner join owned
        on
            states.account_id = owned.account_id
            and states.from_week < owned.to_week
            and states.to_week > owned.from_week
    where states.is_red

    union all

    select
        subscription_spans.csm_id,
        greatest(subscription_spans.from_week, states.from_week) as from_week,
        least(subscription_spans.to_week, states.to_week) as to_week,
        0 as red_account_count,
        {{ exact_sum_part('subscription_spans.arr_usd') }} as red_arr_usd

    from states
    inner join subscription_spans
        on
            states.account_id = subscription_spans.account_id
            and states.from_week < subscription_spans.to_week
            and states.to_week > subscription_spans.from_week
    where states.is_red

),

changes as (

    {{ span_changes('spans', ['red_account_count', 'red_arr_usd']) }}

),

sums as (

    {{ book_sums('books', 'changes', ['red_account_count', 'red_arr_usd']) }}

),

final as (

    select
        sums.csm_id,
        sums.week_start_date,
        cast(sums.red_account_count as bigint) as red_account_count,
        cast(sums.red_arr_usd as double) as red_arr_usd

    from sums
    where sums.red_account_count > 0

)

select * from final
