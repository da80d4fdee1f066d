-- Grain: one row per motion, axis and week_start_date.
-- Why: books can be even in revenue and uneven in risk; each axis has its own index, and none hides another.
{# an amount is taken per full-time equivalent, a share as it is #}
{% set axes = {
    'arr': 'employed_books.arr_usd / employed_books.fte',
    'account_count': 'employed_books.account_count / employed_books.fte',
    'renewal_distribution': 'employed_books.peak_renewal_share',
    'risk_mix': 'employed_books.red_arr_share',
    'lifecycle': ratio('employed_books.onboarding_account_count', 'employed_books.account_count'),
} %}
{{ keeps_earlier_weeks('week_start_date') }}
with

books as (

    select * from {{ ref('fct_books') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

bands as (

    select * from {{ ref('book_size_bands') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

employed_books as (

    select
        books.*,
        capacity.motion,
        capacity.fte

    from books
    inner join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    where capacity.is_employed_on_sunday and books.week_start_date >= {{ rebuild_from() }}

),

-- Every motion and axis, also where nobody is compared: one row for each of them, which the left join keeps.
amounts as (

    {% for axis, expression in axes.items() %}
        select
            bands.motion,
            '{{ axis }}' as axis,
            weeks.week_start_date,
            employed_books.csm_id,
            {{ expression }} as axis_value
        from bands
        cross join weeks
        left join employed_books
            on bands.motion = employed_books.motion and weeks.week_start_date = employed_books.week_start_date
        where weeks.week_start_date >= {{ rebuild_from() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

ranked as (

    select
        amounts.*,
        row_number() over (
            partition by amounts.motion, amounts.axis, amounts.week_start_date order by amounts.axis_value nulls last
        ) as value_rank,
        row_number() over (
            partition by amounts.motion, amounts.axis, amounts.week_start_date
            order by {{ comparable('amounts.axis_value') }} desc nulls last, amounts.csm_id
        ) as highest_rank

    from amounts

),

spreads as (

    select
        ranked.motion,
        ranked.axis,
        ranked.week_start_date,
        -- a book without ARR or accounts has no share to compare
        count(ranked.axis_value) as book_count,
        sum(ranked.axis_value) as total_value,
        sum(ranked.value_rank * ranked.axis_value) as ranked_value,
        case when count(ranked.axis_value) > 1 then median(ranked.axis_value) end as median_value,
        case when count(ranked.axis_value) > 1 then max(ranked.axis_value) end as highest_value,
        max(case when ranked.highest_rank = 1 then ranked.csm_id end) as highest_csm_id

    from ranked
    group by ranked.motion, ranked.axis, ranked.week_start_date

),

final as (

    select
        spreads.motion,
        spreads.axis,
        spreads.week_start_date,
        spreads.book_count,
        -- one book is neither even nor uneven; books that all have nothing are even
        case
            when spreads.book_count > 1 and spreads.total_value = 0 then 0
            when spreads.book_count > 1
                then
                    greatest(2 * spreads.ranked_value / spreads.total_value - spreads.book_count - 1, 0)
                    / spreads.book_count
        end as gini_index,
        {{ ratio('spreads.highest_value', 'spreads.median_value') }} as max_to_median_ratio,
        spreads.median_value,
        spreads.highest_value,
        case when spreads.highest_value > 0 then spreads.highest_csm_id end as highest_csm_id

    from spreads

)

select * from final
