-- Question: Which accounts take the most effort, and what makes them heavy?
-- Also: which accounts eat the most time; time-consuming accounts
-- Also: most work-intensive accounts; heaviest accounts; what makes this account so much work; effort per account
-- Also: where does the time of a CSM go; why is the book so heavy
-- Filters: account, csm, segment, team
-- Parameter: count, 1 to 100000: accounts to show
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
        efforts.account_id,
        accounts.account_name,
        efforts.csm_id,
        efforts.segment,
        accounts.arr_usd,
        efforts.effort_hours,
        efforts.base_hours,
        efforts.lifecycle_level,
        efforts.lifecycle_weight,
        efforts.stakeholders_level,
        efforts.stakeholders_weight,
        efforts.footprint_level,
        efforts.footprint_weight,
        efforts.custom_configuration_level,
        efforts.custom_configuration_weight,
        efforts.health_trajectory_level,
        efforts.health_trajectory_weight,
        efforts.expansion_level,
        efforts.expansion_weight,
        efforts.sentiment_level,
        efforts.sentiment_weight,
        efforts.follow_up_level,
        efforts.follow_up_weight

    from efforts
    inner join weeks on efforts.week_start_date = weeks.week_start_date
    inner join accounts on efforts.account_id = accounts.account_id
    where weeks.is_latest
    order by efforts.effort_hours desc, efforts.account_id asc
    limit {{ parameter('count', 20) }}

)

select * from final
