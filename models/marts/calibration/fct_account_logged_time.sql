-- Grain: one row per account_id, csm_id and week_start_date in which time was logged or an interaction completed.
-- Why: effort weights are learnt from the time that accounts took; only weeks with something in them cost a row.
{{ keeps_earlier_weeks('week_start_date') }}
with

time_entries as (

    select * from {{ ref('stg_interactions__time_entries') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

observed as (

    select
        exists(select 1 from {{ ref('stg_interactions__time_entries') }}) as has_time_entries,
        has_interactions,
        has_durations
    from {{ ref('int_interactions__observed') }}

),

events as (

    select
        time_entries.account_id,
        time_entries.csm_id,
        {{ week_start('time_entries.worked_on') }} as week_start_date,
        1 as time_entry_count,
        time_entries.minutes as time_entry_minutes,
        least(time_entries.minutes, {{ threshold('longest_entry_minutes') }}) as capped_entry_minutes,
        0 as interaction_count,
        null as interaction_minutes,
        null as meaningful_minutes

    from time_entries
    where time_entries.account_id is not null and time_entries.worked_on >= {{ rebuild_from() }}

    union all

    select
        interactions.account_id,
        interactions.csm_id,
        {{ week_start('interactions.started_on') }} as week_start_date,
        0 as time_entry_count,
        0 as time_entry_minutes,
        0 as capped_entry_minutes,
        1 as interaction_count,
        -- an interaction without a duration is counted; it took time that is not known, and adds none to others
        interactions.duration_minutes as interaction_minutes,
        case
            when interactions.is_meaningful then interactions.duration_minutes
            when interactions.duration_minutes is not null then 0
        end as meaningful_minutes

    from interactions
    where interactions.account_id is not null and interactions.started_on >= {{ rebuild_from() }}

),

sums as (

    select
        events.account_id,
        events.csm_id,
        events.week_start_date,
        cast(sum(events.time_entry_count) as bigint) as time_entry_count,
        cast(sum(events.time_entry_minutes) as double) as time_entry_minutes,
        cast(sum(events.capped_entry_minutes) as double) as capped_entry_minutes,
        cast(sum(events.interaction_count) as bigint) as interaction_count,
        cast(sum(events.interaction_minutes) as double) as interaction_minutes,
        cast(sum(events.meaningful_minutes) as double) as meaningful_minutes

    from events
    group by events.account_id, events.csm_id, events.week_start_date

),

final as (

    select
        sums.account_id,
        sums.csm_id,
        sums.week_start_date,
        -- without the table nothing is known of time; with it, an account without an entry took none that was logged
        case when observed.has_time_entries then sums.time_entry_count end as time_entry_count,
        case when observed.has_time_entries then sums.time_entry_minutes end as time_entry_minutes,
        case when observed.has_time_entries then sums.capped_entry_minutes end as capped_entry_minutes,
        case when observed.has_interactions then sums.interaction_count end as interaction_count,
        -- none held took no time
        case
            when observed.has_durations and sums.interaction_count = 0 then 0 else sums.interaction_minutes
        end as interaction_minutes,
        case
            when observed.has_durations and sums.interaction_count = 0 then 0
            else sums.meaningful_minutes * {{ threshold('preparation_ratio') }}
        end as preparation_minutes

    from sums
    -- a week has one row; entries dated after as_of_date or before the first week are not measured
    inner join weeks on sums.week_start_date = weeks.week_start_date
    cross join observed

)

select * from final
