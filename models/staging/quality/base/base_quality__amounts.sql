-- Grain: one row per book and segment whose amounts are those of another unit.
-- Why: cents, or another currency, in one book's export multiply its ARR by a hundred, and no single row looks wrong.
with

subscriptions as (

    {{ raw_columns('crm', 'subscriptions', ['account_id', 'arr_usd']) }}

),

accounts as (

    {{ raw_columns('crm', 'accounts', ['account_id', 'segment']) }}

),

owners as (

    select * from {{ ref('base_quality__owners') }}

),

lines as (

    select
        owners.csm_id,
        {{ folded_word('accounts.segment') }} as segment,
        subscriptions.arr_usd

    from subscriptions
    inner join accounts on subscriptions.account_id = accounts.account_id
    inner join owners on subscriptions.account_id = owners.account_id
    where subscriptions.arr_usd > 0

),

books as (

    select
        lines.csm_id,
        lines.segment,
        count(*) as line_count,
        percentile_cont(0.5) within group (order by lines.arr_usd) as median_arr_usd
    from lines
    group by lines.csm_id, lines.segment

),

segments as (

    select
        books.segment,
        count(*) as book_count,
        min(books.median_arr_usd) + max(books.median_arr_usd) as both_arr_usd,
        percentile_cont(0.5) within group (order by books.median_arr_usd) as median_arr_usd
    from books
    where books.line_count >= {{ threshold('scale_jump_minimum_count') }}
    group by books.segment

),

everybody as (

    select percentile_cont(0.5) within group (order by books.median_arr_usd) as median_arr_usd
    from books
    where books.line_count >= {{ threshold('scale_jump_minimum_count') }}

),

-- Against the median of the segment's books, which one that is wrong does not move; of two, against the other. Who
-- has a segment alone can only be compared with all books, which proves nothing.
compared as (

    select
        books.*,
        segments.book_count > 1 as is_stopping,
        case
            when segments.book_count = 1 then everybody.median_arr_usd
            when segments.book_count = 2 then segments.both_arr_usd - books.median_arr_usd
            else segments.median_arr_usd
        end as others_median_arr_usd

    from books
    inner join segments on books.segment = segments.segment
    cross join everybody
    where books.line_count >= {{ threshold('scale_jump_minimum_count') }}

),

final as (

    select
        compared.csm_id as book,
        compared.segment,
        compared.line_count as value_count,
        compared.is_stopping,
        compared.median_arr_usd / compared.others_median_arr_usd as times

    from compared
    where
        compared.median_arr_usd >= {{ threshold('scale_jump_ratio') }} * compared.others_median_arr_usd
        or (
            compared.is_stopping
            and compared.others_median_arr_usd >= {{ threshold('scale_jump_ratio') }} * compared.median_arr_usd
        )

)

select * from final
