-- All books together open a week with what they closed the week before with, and hand over as much as they take over.
-- Otherwise the ARR of somebody who left on a Monday would vanish between two weeks.
with

movements as (

    select * from {{ ref('fct_arr_movements') }}

),

weeks as (

    select
        movements.week_start_date,
        sum(movements.opening_arr_usd) as opening_arr_usd,
        sum(movements.closing_arr_usd) as closing_arr_usd,
        sum(movements.transferred_in_arr_usd) - sum(movements.transferred_out_arr_usd) as transfer_difference_usd

    from movements
    group by movements.week_start_date

),

steps as (

    select
        weeks.*,
        lag(weeks.closing_arr_usd) over (order by weeks.week_start_date) as previous_closing_arr_usd

    from weeks

),

final as (

    select
        steps.week_start_date,
        steps.opening_arr_usd,
        steps.previous_closing_arr_usd,
        steps.transfer_difference_usd

    from steps
    where
        steps.previous_closing_arr_usd is not null
        and not coalesce(
            abs(steps.opening_arr_usd - steps.previous_closing_arr_usd) < 0.005
            and abs(steps.transfer_difference_usd) < 0.005,
            false
        )

)

select * from final
