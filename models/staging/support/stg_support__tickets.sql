-- Grain: one row per ticket_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('support', 'tickets', ref('base_support__tickets')) }}

),

final as (

    select
        ticket_id,
        account_id,
        opened_at,
        priority,
        escalated_at,
        resolved_at

    from accepted_rows

)

select * from final
