-- One row, and its day a Sunday. Otherwise every model that joins the clock would lose or double all its rows, or
-- measure a week before its end.
with

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        count(*) as clock_count,
        min(clock.as_of_date) as as_of_date

    from clock
    having
        count(*) != 1
        or min(clock.as_of_date) is null
        or {{ days_between(week_start('min(clock.as_of_date)'), 'min(clock.as_of_date)') }} != 6

)

select * from final
