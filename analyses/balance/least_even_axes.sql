-- Question: On which axes do the books of a motion differ most, and which book stands out?
-- Also: how fair are the books; how evenly is the work spread; imbalance between CSMs; inequality of the books; gini
-- Filters: motion
with

balance as (

    select * from {{ ref('fct_team_balance') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        balance.motion,
        balance.axis,
        balance.book_count,
        balance.gini_index,
        balance.max_to_median_ratio,
        balance.median_value,
        balance.highest_value,
        balance.highest_csm_id

    from balance
    inner join weeks on balance.week_start_date = weeks.week_start_date
    where
        weeks.is_latest
        and balance.gini_index is not null
    order by balance.motion asc, balance.gini_index desc, balance.axis asc

)

select * from final
