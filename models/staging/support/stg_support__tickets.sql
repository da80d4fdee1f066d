-- Grain: one row per ticket_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_support__tickets') }}

),

final as (

    select
        ticket_id,
        account_id,
        opened_at,
        priority,
        escalated_at,
        resolved_at

    from checked_rows
    where is_accepted

)

select * from final
