-- Grain: one row per csm_id and week_start_date in which the CSM logged time.
-- Why: whether the log can be believed: who logs at all, for which accounts, on which day, and entries of days.
{{ keeps_earlier_weeks('week_start_date') }}
with

time_entries as (

    select * from {{ ref('stg_interactions__time_entries') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

days as (

    select
        time_entries.csm_id,
        time_entries.worked_on,
        {{ week_start('time_entries.worked_on') }} as week_start_date,
        sum(time_entries.minutes) as logged_minutes,
        sum(case when time_entries.account_id is null then time_entries.minutes else 0 end) as ownerless_minutes,
        count(*) as time_entry_count,
        count(case when time_entries.account_id is null then 1 end) as ownerless_entry_count,
        count(case when time_entries.minutes > {{ threshold('longest_entry_minutes') }} then 1 end) as long_entry_count,
        max(time_entries.minutes) as longest_entry_minutes

    from time_entries
    where time_entries.worked_on >= {{ rebuild_from() }}
    group by time_entries.csm_id, time_entries.worked_on

),

ranked_days as (

    select
        days.*,
        row_number() over (
            partition by days.csm_id, days.week_start_date order by days.logged_minutes desc, days.worked_on asc
        ) as day_rank

    from days

),

final as (

    select
        ranked_days.csm_id,
        ranked_days.week_start_date,
        cast(sum(ranked_days.time_entry_count) as bigint) as time_entry_count,
        cast(sum(ranked_days.logged_minutes) as double) as logged_minutes,
        cast(sum(ranked_days.ownerless_entry_count) as bigint) as ownerless_entry_count,
        cast(sum(ranked_days.ownerless_minutes) as double) as ownerless_minutes,
        cast(sum(ranked_days.long_entry_count) as bigint) as long_entry_count,
        cast(max(ranked_days.longest_entry_minutes) as double) as longest_entry_minutes,
        cast(max(ranked_days.logged_minutes) as double) as busiest_day_minutes,
        count(*) as logged_day_count,
        max(case when ranked_days.day_rank = 1 then ranked_days.worked_on end) as busiest_on

    from ranked_days
    -- a week has one row; entries dated after as_of_date or before the first week are not measured
    inner join weeks on ranked_days.week_start_date = weeks.week_start_date
    group by ranked_days.csm_id, ranked_days.week_start_date

)

select * from final
