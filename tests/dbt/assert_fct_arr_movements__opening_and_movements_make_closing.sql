-- In every book and week from the second on, opening ARR and its movements make the closing ARR, to the cent; none of
-- them is negative. Otherwise revenue that nobody explains came or went, or a movement was counted twice.
with

movements as (

    select * from {{ ref('fct_arr_movements') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        movements.csm_id,
        movements.week_start_date,
        movements.opening_arr_usd,
        movements.closing_arr_usd

    from movements
    cross join clock
    where
        movements.week_start_date > clock.first_week_start_date
        and (
            not coalesce(
                abs(
                    movements.opening_arr_usd
                    + movements.new_arr_usd
                    + movements.reactivated_arr_usd
                    + movements.expansion_arr_usd
                    - movements.contraction_arr_usd
                    - movements.churned_arr_usd
                    + movements.transferred_in_arr_usd
                    - movements.transferred_out_arr_usd
                    - movements.closing_arr_usd
                ) < greatest(0.005, 0.000000000001 * movements.closing_arr_usd),
                false
            )
            or least(
                movements.new_arr_usd,
                movements.reactivated_arr_usd,
                movements.expansion_arr_usd,
                movements.contraction_arr_usd,
                movements.churned_arr_usd,
                movements.transferred_in_arr_usd,
                movements.transferred_out_arr_usd
            ) < 0
        )

)

select * from final
