-- Grain: one row per account_id, from_at and to_at between which somebody works on a renewal of the account.
-- Why: whether a renewal is worked on is seen in opportunities and in what is talked about, and in nothing else.
{% set won_days = 'case when opportunities.is_won then ' ~ signal_rule('delayed_renewal', 'won_days') ~ ' else 0 end' %}
with

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

topics as (

    select * from {{ ref('stg_interactions__interaction_topics') }}

),

final as (

    select
        opportunities.account_id,
        cast(opportunities.created_on as timestamp) as from_at,
        coalesce(
            {{ instant_after('cast(opportunities.closed_on as timestamp)', won_days) }},
            cast('9999-12-31' as timestamp)
        ) as to_at

    from opportunities
    where opportunities.opportunity_type = 'renewal' and opportunities.account_id is not null

    union distinct

    select
        interactions.account_id,
        interactions.started_at as from_at,
        {{ instant_after('interactions.started_at', signal_rule('delayed_renewal', 'conversation_days')) }} as to_at

    from topics
    inner join interactions on topics.interaction_id = interactions.interaction_id
    where topics.topic_kind = 'renewal' and interactions.account_id is not null

)

select * from final
