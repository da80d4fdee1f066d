-- One row per active account: what its effort is made of.
-- Question: accounts_by_effort
with

latest as (

    select week_start_date from marts.dim_weeks
    where is_latest

),

final as (

    select
        customers.account_id,
        customers.account_name,
        customers.csm_id,
        customers.segment,
        customers.arr_usd,
        customers.next_renewal_on,
        coverages.days_since_meaningful,
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

    from marts.dim_accounts as customers
    cross join latest
    left join marts.fct_account_effort as efforts
        on
            customers.account_id = efforts.account_id
            and latest.week_start_date = efforts.week_start_date
    left join marts.fct_account_coverage as coverages on customers.account_id = coverages.account_id
    where customers.is_active
    order by customers.account_name asc, customers.account_id asc

)

select * from final
