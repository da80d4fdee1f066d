-- Grain: one row per interaction_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows(
        'interactions', 'interactions', ref('base_interactions__interactions'), ref('base_quality__scales')
    ) }}

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

    from accepted_rows

)

select * from final
