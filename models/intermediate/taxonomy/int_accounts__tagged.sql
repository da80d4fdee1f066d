-- Grain: one row per account_id that is active at as_of_date.
-- Why: the five tags of an account side by side, as of the last week.
{% set tags = ['lifecycle_stage', 'complexity_tier', 'health_trajectory', 'expansion_potential', 'signal_density'] %}
with

classified as (

    select * from {{ ref('int_tag_changes__listed') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

latest_values as (

    select
        classified.account_id,
        classified.attribute,
        max_by(classified.attribute_value, classified.week_start_date) as attribute_value

    from classified
    group by classified.account_id, classified.attribute

),

final as (

    select
        latest_values.account_id,
        {% for tag in tags %}
            max(case when latest_values.attribute = '{{ tag }}' then latest_values.attribute_value end) as {{ tag }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from latest_values
    inner join active on latest_values.account_id = active.account_id
    inner join clock on active.to_week > clock.latest_week_start_date
    group by latest_values.account_id

)

select * from final
