-- Grain: one row per time_entry_id.
-- Why: only rows that break no rule of the raw contract reach the metrics.
with

accepted_rows as (

    {{ accepted_rows('interactions', 'time_entries', ref('base_interactions__time_entries')) }}

),

final as (

    select
        time_entry_id,
        csm_id,
        account_id,
        worked_on,
        activity,
        minutes

    from accepted_rows

)

select * from final
