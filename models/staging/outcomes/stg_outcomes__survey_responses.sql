-- Grain: one row per account_id and responded_on and survey.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_outcomes__survey_responses') }}

),

final as (

    select
        account_id,
        responded_on,
        survey,
        score

    from checked_rows
    where is_accepted

)

select * from final
