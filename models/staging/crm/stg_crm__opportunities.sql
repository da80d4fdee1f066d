-- Grain: one row per opportunity_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('crm', 'opportunities', ref('base_crm__opportunities')) }}

),

final as (

    select
        opportunity_id,
        account_id,
        opportunity_type,
        segment,
        amount_usd,
        created_on,
        expected_close_on,
        closed_on,
        is_won

    from accepted_rows

)

select * from final
