-- Grain: one row per row read from interactions, accepted or not.
-- Why: a fault stands beside the row that has it, so that no row can vanish between raw and staging. A calendar
-- copies a meeting for each attendee: of conversations that are equal in everything but their id, one counts.
-- depends_on: {{ ref('thresholds') }}
{% set equal_columns = [
    'account_id', 'csm_id', 'started_at', 'interaction_type', 'channel', 'duration_minutes', 'status',
    'sentiment_score', 'quality_score', 'scorecard', 'language', 'duration_minutes_rejected_value',
    'sentiment_score_rejected_value', 'quality_score_rejected_value',
] %}
with

checked_rows as (

    {{ checked_rows(
        'interactions', 'interactions',
        parents={'account_id': ref('stg_crm__accounts'), 'csm_id': ref('stg_crm__csms')},
        scales=ref('base_quality__scales'),
        copied_by=['csm_id', 'started_at']
    ) }}

),

copies as (

    select
        checked_rows.read_row_number,
        min(checked_rows.interaction_id) over (partition by {{ equal_columns | join(', ') }}) as kept_interaction_id

    from checked_rows
    where checked_rows.is_accepted and checked_rows.status = 'completed'

),

final as (

    select
        {{ all_but('checked_rows', ['is_accepted']) }},
        case when copies.kept_interaction_id != checked_rows.interaction_id then copies.kept_interaction_id end
            as kept_interaction_id,
        case when copies.kept_interaction_id != checked_rows.interaction_id then 'copied_interaction' end
            as copied_interaction_fault,
        checked_rows.is_accepted and coalesce(copies.kept_interaction_id = checked_rows.interaction_id, true)
            as is_accepted

    from checked_rows
    left join copies on checked_rows.read_row_number = copies.read_row_number

)

select * from final
