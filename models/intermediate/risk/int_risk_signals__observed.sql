-- Grain: one row.
-- Why: no signal means no risk only where a signal could have been seen.
with

product_usage as (

    select * from {{ ref('stg_usage__product_usage') }}

),

tickets as (

    select * from {{ ref('stg_support__tickets') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

final as (

    select
        exists(
            select 1 from product_usage
            where product_usage.event_count is not null or product_usage.active_users is not null
        ) as has_usage,
        exists(select 1 from tickets) as has_tickets,
        exists(
            select 1 from interactions
            where interactions.sentiment_score is not null
        ) as has_sentiment,
        -- a contact who leaves is a signal, whoever took part in what
        exists(select 1 from contacts) as has_contacts,
        exists(select 1 from opportunities) as has_opportunities

)

select * from final
