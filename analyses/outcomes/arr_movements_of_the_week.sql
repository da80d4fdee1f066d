-- Question: What moved the ARR of each book last week?
-- Also: ARR bridge; new, expansion and churn of last week; what changed in revenue; ARR waterfall
-- Filters: csm, team
with

movements as (

    select * from {{ ref('fct_arr_movements') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        movements.csm_id,
        movements.opening_arr_usd,
        movements.new_arr_usd,
        movements.reactivated_arr_usd,
        movements.expansion_arr_usd,
        movements.contraction_arr_usd,
        movements.churned_arr_usd,
        movements.transferred_in_arr_usd,
        movements.transferred_out_arr_usd,
        movements.closing_arr_usd

    from movements
    inner join weeks on movements.week_start_date = weeks.week_start_date
    where
        weeks.is_latest
        and (
            movements.new_arr_usd > 0
            or movements.reactivated_arr_usd > 0
            or movements.expansion_arr_usd > 0
            or movements.contraction_arr_usd > 0
            or movements.churned_arr_usd > 0
            or movements.transferred_in_arr_usd > 0
            or movements.transferred_out_arr_usd > 0
        )
    order by movements.churned_arr_usd desc, movements.contraction_arr_usd desc, movements.csm_id asc

)

select * from final
