-- Grain: one row per account_id and responded_on and survey.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('outcomes', 'survey_responses', ref('base_outcomes__survey_responses')) }}

),

final as (

    select
        account_id,
        responded_on,
        survey,
        score

    from accepted_rows

)

select * from final
