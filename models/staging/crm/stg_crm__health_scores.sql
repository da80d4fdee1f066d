-- Grain: one row per account_id and scored_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_crm__health_scores') }}

),

final as (

    select
        account_id,
        scored_on,
        health_score

    from checked_rows
    where is_accepted

)

select * from final
