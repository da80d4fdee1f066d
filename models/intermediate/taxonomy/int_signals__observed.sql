-- Grain: one row per sign of life of an account, on its day; signs of one day may be alike.
-- Why: conversations, tickets, answers and use are told apart nowhere else when it is asked whether an account is silent.
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

product_usage as (

    select * from {{ ref('stg_usage__product_usage') }}

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
        max(used_on) as observed_on
    from product_usage
    where coalesce(active_users, event_count) is null or coalesce(active_users, 0) + coalesce(event_count, 0) > 0
    group by account_id, {{ week_start('used_on') }}

)

select * from final
