-- Grain: one row per account_id that is active at as_of_date.
-- Why: the five tags of an account side by side, as of the last week.
with

classified as (

    select * from {{ ref('int_accounts__classified') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        classified.account_id,
        max(case when classified.attribute = 'lifecycle_stage' then classified.attribute_value end) as lifecycle_stage,
        max(case when classified.attribute = 'complexity_tier' then classified.attribute_value end) as complexity_tier,
        max(case when classified.attribute = 'health_trajectory' then classified.attribute_value end)
            as health_trajectory,
        max(case when classified.attribute = 'expansion_potential' then classified.attribute_value end)
            as expansion_potential,
        max(case when classified.attribute = 'signal_density' then classified.attribute_value end) as signal_density

    from classified
    inner join clock
        on classified.from_week <= clock.latest_week_start_date and classified.to_week > clock.latest_week_start_date
    group by classified.account_id

)

select * from final
