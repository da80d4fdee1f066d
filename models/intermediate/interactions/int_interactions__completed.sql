-- Grain: one row per interaction_id that was completed by as_of_date.
-- Why: what counts as meaningful is decided once; a five-minute ping is not a review.
{{ keeps_earlier_weeks('started_on') }}
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

interaction_types as (

    select * from {{ ref('interaction_types') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        interactions.interaction_id,
        interactions.account_id,
        interactions.csm_id,
        interactions.started_at,
        cast(interactions.started_at as date) as started_on,
        interactions.duration_minutes,
        interactions.sentiment_score,
        interactions.quality_score,
        interactions.scorecard,
        coalesce(interaction_types.interaction_category, 'unclassified') as interaction_category,
        -- a type that the reference lacks is shown and heard; it counts neither toward the ceiling nor as meaningful
        coalesce(interaction_types.counts_toward_ceiling, false) as is_counted,
        interactions.account_id is not null
        and coalesce(interaction_types.is_meaningful, false)
        and coalesce(interactions.duration_minutes >= interaction_types.minimum_minutes, false) as is_meaningful

    from interactions
    left join interaction_types on interactions.interaction_type = interaction_types.interaction_type
    cross join clock
    where
        interactions.status = 'completed'
        and interactions.started_at >= {{ rebuild_from() }}
        and cast(interactions.started_at as date) <= clock.as_of_date
        -- a stray date years before all others is of no week that is measured
        and cast(interactions.started_at as date) >= clock.first_week_start_date

)

select * from final
