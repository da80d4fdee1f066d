-- Grain: one row per account_id and scored_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'health_scores', ref('base_crm__health_scores')) }}

),

final as (

    select
        account_id,
        scored_on,
        health_score

    from accepted_rows

)

select * from final
