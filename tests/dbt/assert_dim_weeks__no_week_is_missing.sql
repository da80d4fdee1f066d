-- Mondays, seven days apart, from the first week of the clock to the one that ends on as_of_date.
-- Otherwise a week in which nothing happened would be left out, and trends and runs would close over it.
with

weeks as (

    select * from {{ ref('dim_weeks') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

week_pairs as (

    select
        weeks.week_start_date,
        weeks.week_end_date,
        weeks.is_latest,
        lag(weeks.week_start_date) over (order by weeks.week_start_date) as previous_week_start_date,
        lead(weeks.week_start_date) over (order by weeks.week_start_date) as next_week_start_date

    from weeks

),

faulty_weeks as (

    select week_pairs.week_start_date
    from week_pairs
    cross join clock
    where
        week_pairs.week_start_date != {{ week_start('week_pairs.week_start_date') }}
        or {{ days_between('week_pairs.previous_week_start_date', 'week_pairs.week_start_date') }} != 7
        or (
            week_pairs.previous_week_start_date is null
            and week_pairs.week_start_date
            != clock.first_week_start_date
        )
        or (week_pairs.next_week_start_date is null and week_pairs.week_end_date != clock.as_of_date)
        or week_pairs.is_latest != (week_pairs.next_week_start_date is null)

),

-- No week at all would have no faulty one.
without_weeks as (

    select clock.latest_week_start_date as week_start_date
    from clock
    left join weeks on clock.latest_week_start_date = weeks.week_start_date
    where weeks.week_start_date is null

),

final as (

    select faulty_weeks.week_start_date from faulty_weeks
    union all
    select without_weeks.week_start_date from without_weeks

)

select * from final
