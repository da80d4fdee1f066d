-- ARR that came and went in the last four weeks.
-- Question: arr_movements_of_the_week
select
    sum(movements.new_arr_usd) as new_arr_usd,
    sum(movements.expansion_arr_usd) as expansion_arr_usd,
    sum(movements.contraction_arr_usd) as contraction_arr_usd,
    sum(movements.churned_arr_usd) as churned_arr_usd,
    sum(movements.new_account_count) as new_account_count,
    sum(movements.churned_account_count) as churned_account_count

from marts.fct_arr_movements as movements
inner join marts.dim_weeks as weeks on movements.week_start_date = weeks.week_start_date
where weeks.weeks_ago < 4
