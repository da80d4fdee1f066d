-- Gross retained ARR is at most the opening ARR and at most the net one, and retained accounts are among those that
-- opened. Otherwise the growth of one account paid for the loss of another.
with

outcomes as (

    select * from {{ ref('fct_team_outcomes') }}

),

final as (

    select
        outcomes.scope,
        outcomes.team,
        outcomes.week_start_date

    from outcomes
    where
        outcomes.gross_retained_arr_usd - outcomes.opening_arr_usd >= 0.005
        or outcomes.gross_retained_arr_usd - outcomes.net_retained_arr_usd >= 0.005
        or outcomes.retained_account_count > outcomes.opening_account_count
        or outcomes.nps_promoter_count + outcomes.nps_detractor_count > outcomes.nps_response_count
        or outcomes.csat_satisfied_count > outcomes.csat_response_count

)

select * from final
