-- Each of the eight levels is one of `effort_levels`, or `unknown` where its input was not observed. Otherwise a
-- level that nobody weighed would pass for a neutral one. There may be none yet only while an account is not active.
{% set factors = effort_factors() %}
with

account_effort as (

    select * from {{ ref('int_account_effort__levels') }}

),

accounts as (

    select * from {{ ref('int_accounts__active') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

account_levels as (

    {% for factor in factors %}
        select
            account_id,
            to_week,
            '{{ factor }}' as factor,
            {{ factor }}_level as level
        from account_effort
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        account_levels.account_id,
        account_levels.factor,
        account_levels.level

    from account_levels
    -- an account is active in one span
    inner join accounts
        on account_levels.account_id = accounts.account_id and account_levels.to_week > accounts.from_week
    left join levels on account_levels.factor = levels.factor and account_levels.level = levels.level
    where account_levels.level is null or (levels.level is null and account_levels.level != 'unknown')

)

select * from final
