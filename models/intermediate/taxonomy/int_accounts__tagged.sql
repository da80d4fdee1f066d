-- Grain: one row per account_id that is active at as_of_date.
-- Why: the five tags of an account side by side, as of the last week.
{% set attributes = ['lifecycle_stage', 'complexity_tier', 'health_trajectory', 'expansion_potential', 'signal_density'] %}
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
        {% for attribute in attributes %}
            max(case when classified.attribute = '{{ attribute }}' then classified.attribute_value end)
                as {{ attribute }}{{ ',' if not loop.last }}
        {% endfor %}

    from classified
    inner join clock
        on classified.from_week <= clock.latest_week_start_date and classified.to_week > clock.latest_week_start_date
    group by classified.account_id

)

select * from final
