-- Grain: one row per time_entry_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

checked_rows as (

    select * from {{ ref('base_interactions__time_entries') }}

),

final as (

    select
        time_entry_id,
        csm_id,
        account_id,
        worked_on,
        activity,
        minutes

    from checked_rows
    where is_accepted

)

select * from final
