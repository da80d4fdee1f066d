-- Grain: one row.
-- Why: where no conversation is on file nobody is known to be neglected, and where none has a duration no time is.
with

durations as (

    select count(duration_minutes) as duration_count
    from {{ ref('stg_interactions__interactions') }}

),

final as (

    select
        exists(select 1 from {{ ref('stg_interactions__interactions') }}) as has_interactions,
        durations.duration_count > 0 as has_durations

    from durations

)

select * from final
