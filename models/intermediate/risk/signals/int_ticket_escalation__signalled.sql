-- Grain: one row per ticket_id that was escalated.
-- Why: somebody at the customer has asked for more attention than a ticket gets.
with

tickets as (

    select * from {{ ref('stg_support__tickets') }}

),

final as (

    select
        tickets.ticket_id,
        tickets.account_id,
        'escalated' as detector,
        tickets.escalated_at as emerged_at

    from tickets
    where tickets.escalated_at is not null

)

select * from final
