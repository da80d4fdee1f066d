-- Grain: one row per account_id and renewed_on.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('outcomes', 'renewals', ref('base_outcomes__renewals')) }}

),

final as (

    select
        account_id,
        renewed_on,
        outcome,
        arr_before_usd,
        arr_after_usd

    from accepted_rows

)

select * from final
