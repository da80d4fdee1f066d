-- Question: How is effort spread over segments, beside their ARR?
-- Also: which segment takes the most time; effort share against revenue share; hours by segment
-- Also: are small customers too expensive to serve
with

efforts as (

    select * from {{ ref('fct_account_effort') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        efforts.segment,
        count(*) as account_count,
        sum(efforts.effort_hours) as effort_hours,
        sum(efforts.effort_hours) / sum(sum(efforts.effort_hours)) over () as effort_share,
        sum(accounts.arr_usd) as arr_usd,
        sum(accounts.arr_usd) / sum(sum(accounts.arr_usd)) over () as arr_share

    from efforts
    inner join weeks on efforts.week_start_date = weeks.week_start_date
    inner join accounts on efforts.account_id = accounts.account_id
    where weeks.is_latest
    group by efforts.segment
    order by efforts.segment asc

)

select * from final
