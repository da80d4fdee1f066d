-- Grain: one row per interaction_id with a score at or under the limit.
-- Why: what a customer says in a bad mood is said to somebody; whether anybody comes back to it is the question.
with

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

final as (

    select
        interactions.interaction_id,
        interactions.account_id,
        'low_score' as detector,
        interactions.started_at as emerged_at

    from interactions
    where
        interactions.account_id is not null
        and {{ comparable('interactions.sentiment_score') }} <= {{ signal_rule('negative_sentiment', 'limit_score') }}

)

select * from final
