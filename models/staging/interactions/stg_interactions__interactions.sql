-- Grain: one row per interaction_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_interactions__interactions') }}

),

final as (

    select
        interaction_id,
        account_id,
        csm_id,
        started_at,
        interaction_type,
        channel,
        duration_minutes,
        status,
        sentiment_score,
        quality_score,
        scorecard,
        language

    from checked_rows
    where is_accepted

)

select * from final
