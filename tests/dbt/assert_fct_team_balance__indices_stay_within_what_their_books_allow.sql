-- Every motion and axis has every week; a Gini index lies between 0 and what one book holding everything would give,
-- and no median is above the highest book. Otherwise a week is missing from a trend, or ranks and sums are not of the
-- same books.
with

balance as (

    select * from {{ ref('fct_team_balance') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

bands as (

    select * from {{ ref('book_size_bands') }}

),

axes as (

    select distinct balance.axis
    from balance

),

final as (

    select
        bands.motion,
        axes.axis,
        weeks.week_start_date,
        balance.book_count,
        balance.gini_index,
        balance.max_to_median_ratio

    from weeks
    cross join bands
    cross join axes
    left join balance
        on
            weeks.week_start_date = balance.week_start_date
            and bands.motion = balance.motion
            and axes.axis = balance.axis
    where
        balance.axis is null
        or balance.gini_index < 0
        or {{ comparable('balance.gini_index') }}
        > {{ comparable('1 - 1 / cast(nullif(balance.book_count, 0) as double)') }}
        or {{ comparable('balance.max_to_median_ratio') }} < 1
        or (balance.book_count > 1) != (balance.gini_index is not null)

)

select * from final
