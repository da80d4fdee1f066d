-- Grain: one row per book and compared_with, and one for all books (book null), that brings many times what is usual.
-- Why: one book's export in cents, or in another currency, multiplies its ARR, and no single row looks wrong.
with

account_amounts as (

    select * from {{ ref('base_quality__account_amounts') }}

),

books as (

    select
        account_amounts.compared_with,
        account_amounts.csm_id,
        count(*) as account_count,
        percentile_cont(0.5) within group (order by account_amounts.times) as times,
        count(
            case
                when abs(ln(account_amounts.times)) >= ln({{ threshold('scale_jump_ratio') }}) then 1
            end
        ) as jump_count
    from account_amounts
    group by grouping sets ((account_amounts.compared_with), (account_amounts.compared_with, account_amounts.csm_id))

),

-- What renewed, and what was paid before, are amounts of the same kind: usually about as much. Of others it is what all
-- books show.
usual as (

    select
        books.*,
        case
            when books.compared_with != 'opportunities' then 1
            else max(case when books.csm_id is null then books.times end) over (partition by books.compared_with)
        end as usual_times

    from books

),

final as (

    select
        usual.csm_id as book,
        usual.compared_with,
        usual.account_count,
        usual.times / usual.usual_times as times,
        -- either the lines or the opportunities may be wrong
        usual.compared_with != 'opportunities'
        and (
            usual.account_count >= {{ threshold('scale_account_minimum_count') }}
            -- a book whose lines are also far larger than those of other books needs fewer accounts
            or coalesce(usual.csm_id in (select larger.book from {{ ref('base_quality__amounts') }} as larger), false)
        ) as is_stopping

    from usual
    where
        (
            abs(ln(usual.times / usual.usual_times)) >= ln({{ threshold('scale_jump_ratio') }})
            or (usual.compared_with != 'opportunities' and usual.times >= {{ threshold('scale_growth_ratio') }})
        )
        and (
            usual.compared_with != 'opportunities'
            or (usual.csm_id is not null and usual.account_count >= {{ threshold('scale_account_minimum_count') }})
        )

    union all

    -- Some lines of a book jumped. Real contract lists have such lines, so this is reported and stops nothing.
    select
        usual.csm_id as book,
        usual.compared_with,
        usual.jump_count as account_count,
        {{ threshold('scale_jump_ratio') }} as times,
        false as is_stopping

    from usual
    where
        usual.compared_with = 'earlier lines'
        and usual.csm_id is not null
        and usual.jump_count >= {{ threshold('scale_account_minimum_count') }}
        and usual.jump_count >= {{ threshold('scale_jump_share') }} * usual.account_count
        and usual.times < {{ threshold('scale_growth_ratio') }}
        and usual.times * {{ threshold('scale_jump_ratio') }} > 1

)

select * from final
