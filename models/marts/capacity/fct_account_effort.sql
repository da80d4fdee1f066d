-- Grain: one row per account_id and week_start_date in which the account is active.
-- Why: accounts are not the same work; their hours a week add up to the load of a book.
{% set factors = effort_factors() %}
with

account_weeks as (

    select * from {{ ref('int_account_weeks__owned') }}

),

levels as (

    select * from {{ ref('int_account_effort__levels') }}

),

weights as (

    select * from {{ ref('int_effort_weights__in_force') }}

),

weighted as (

    select
        account_weeks.account_id,
        account_weeks.week_start_date,
        account_weeks.csm_id,
        account_weeks.segment,
        base_weights.weight as base_hours,
        {% for factor in factors %}
            levels.{{ factor }}_level,
            -- a factor without its input weighs nothing
            case when levels.{{ factor }}_level = 'unknown' then 1 else {{ factor }}_weights.weight end
                as {{ factor }}_weight,
        {% endfor %}
        base_weights.version as weight_version

    from account_weeks
    -- the spans of an account and of the versions tile the weeks, and a version has each level once: one row stays one
    inner join levels
        on
            account_weeks.account_id = levels.account_id
            and account_weeks.week_start_date >= levels.from_week
            and account_weeks.week_start_date < levels.to_week
    left join weights as base_weights
        on
            account_weeks.week_start_date >= base_weights.from_week
            and account_weeks.week_start_date < base_weights.to_week
            and base_weights.factor = 'base'
            and account_weeks.segment = base_weights.level
    {% for factor in factors %}
        left join weights as {{ factor }}_weights
            on
                account_weeks.week_start_date >= {{ factor }}_weights.from_week
                and account_weeks.week_start_date < {{ factor }}_weights.to_week
                and {{ factor }}_weights.factor = '{{ factor }}'
                and levels.{{ factor }}_level = {{ factor }}_weights.level
    {% endfor %}

),

final as (

    select
        weighted.account_id,
        weighted.week_start_date,
        weighted.csm_id,
        weighted.segment,
        weighted.base_hours,
        {% for factor in factors %}
            weighted.{{ factor }}_level,
            weighted.{{ factor }}_weight,
        {% endfor %}
        weighted.weight_version,
        weighted.base_hours
        {% for factor in factors %}
            * weighted.{{ factor }}_weight
        {% endfor %}
            as effort_hours

    from weighted

)

select * from final
