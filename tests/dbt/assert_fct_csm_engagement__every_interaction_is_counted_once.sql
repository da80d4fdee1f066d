-- Every completed interaction with an account is in the week of whoever held it, employed or not; a join that doubled
-- one, or a week without a row, would change the sum.
with

engagement as (

    select * from {{ ref('fct_csm_engagement') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

published as (

    select
        sum(engagement.interaction_count) as interaction_count,
        sum(engagement.scored_interaction_count) as scored_interaction_count,
        sum(engagement.sentiment_interaction_count) as sentiment_interaction_count

    from engagement

),

held as (

    select
        count(*) as interaction_count,
        count(interactions.quality_score) as scored_interaction_count,
        count(interactions.sentiment_score) as sentiment_interaction_count

    from interactions
    where interactions.account_id is not null

),

final as (

    select
        held.interaction_count,
        published.interaction_count as published_interaction_count

    from published
    cross join held
    where
        coalesce(published.interaction_count, 0) != held.interaction_count
        or coalesce(published.scored_interaction_count, 0) != held.scored_interaction_count
        or coalesce(published.sentiment_interaction_count, 0) != held.sentiment_interaction_count

)

select * from final
