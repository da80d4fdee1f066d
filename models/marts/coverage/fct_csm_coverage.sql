-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: unmonitored accounts beside what a fully compliant book would show, so that cadence is not read as neglect.
{% set columns = ['unmonitored_account_count', 'overdue_account_count', 'expected_unmonitored_count'] %}
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

coverage as (

    select * from {{ ref('int_accounts__coverage') }}

),

observed as (

    select * from {{ ref('int_interactions__observed') }}

),

-- What a span is from a week on, and until its end; what an account is expected to add, it adds all the time.
spans as (

    select
        csm_id,
        greatest(from_week, unmonitored_week) as from_week,
        to_week,
        1 as unmonitored_account_count,
        0 as overdue_account_count,
        {{ exact_sum_part(0) }} as expected_unmonitored_count
    from coverage
    where unmonitored_week < to_week
    union all
    select
        csm_id,
        greatest(from_week, overdue_week) as from_week,
        to_week,
        0 as unmonitored_account_count,
        1 as overdue_account_count,
        {{ exact_sum_part(0) }} as expected_unmonitored_count
    from coverage
    where overdue_week < to_week
    union all
    select
        csm_id,
        from_week,
        to_week,
        0 as unmonitored_account_count,
        0 as overdue_account_count,
        {{ exact_sum_part('expected_unmonitored_ratio') }} as expected_unmonitored_count
    from coverage

),

changes as (

    {{ span_changes('spans', columns) }}

),

sums as (

    {{ book_sums('books', 'changes', columns) }}

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        -- where no interaction is on file nobody was seen to be neglected: not even an empty book has none of them
        case when observed.has_interactions then cast(sums.unmonitored_account_count as bigint) end
            as unmonitored_account_count,
        case
            when observed.has_interactions
                then {{ ratio('sums.unmonitored_account_count', 'books.account_count') }}
        end as unmonitored_ratio,
        case when observed.has_interactions then cast(sums.expected_unmonitored_count as double) end
            as expected_unmonitored_count,
        case when observed.has_interactions then cast(sums.overdue_account_count as bigint) end
            as overdue_account_count

    from books
    -- both have a row for each book and week
    inner join sums on books.csm_id = sums.csm_id and books.week_start_date = sums.week_start_date
    cross join observed

)

select * from final
