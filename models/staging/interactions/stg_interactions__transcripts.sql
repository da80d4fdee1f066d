-- Grain: one row per interaction_id and turn.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('interactions', 'transcripts', ref('base_interactions__transcripts')) }}

),

final as (

    select
        interaction_id,
        turn,
        speaker_contact_id,
        speaker_csm_id,
        speaker_side,
        started_seconds,
        ended_seconds,
        language,
        text

    from accepted_rows

)

select * from final
