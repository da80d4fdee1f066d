-- Grain: one row per account_id and observed_on, for each sign of life of that day.
-- Why: whether an account is silent is asked of conversations, tickets, answers and use alike.
with

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

tickets as (

    select * from {{ ref('stg_support__tickets') }}

),

survey_responses as (

    select * from {{ ref('stg_outcomes__survey_responses') }}

),

usage_weeks as (

    select * from {{ ref('int_usage_weeks__used') }}

),

final as (

    select
        account_id,
        started_on as observed_on
    from interactions
    where account_id is not null
    union all
    select
        account_id,
        cast(opened_at as date) as observed_on
    from tickets
    union all
    select
        account_id,
        responded_on as observed_on
    from survey_responses
    union all
    -- a week of use is one signal, however many products and days; a row that counts nothing is no use
    select
        account_id,
        last_used_on as observed_on
    from usage_weeks
    where last_used_on is not null

)

select * from final
