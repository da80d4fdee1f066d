-- Each of the eight levels is one of `effort_levels`, or `unknown` where its input was not observed. Otherwise a
-- level that nobody weighed would pass for a neutral one. Before the contract there may be none yet.
{% set factors = effort_factors() %}
with

account_effort as (

    select * from {{ ref('int_account_effort__levels') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

account_levels as (

    {% for factor in factors %}
        select distinct
            '{{ factor }}' as factor,
            {{ factor }}_level as level
        from account_effort
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        account_levels.factor,
        account_levels.level

    from account_levels
    left join levels on account_levels.factor = levels.factor and account_levels.level = levels.level
    where levels.level is null and account_levels.level != 'unknown'

)

select * from final
