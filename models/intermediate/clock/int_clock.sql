-- Grain: one row.
-- Why: nothing reads the wall clock, so that a week measured twice gives the same numbers.
{{ config(pre_hook="{{ stop_at_losses(
    ref('int_raw_losses'), ref('int_raw_causes'), ref('int_raw_columns'), ref('base_quality__scales'),
    ref('base_quality__currencies'), ref('base_quality__amounts'), ref('base_quality__renewed_amounts')
) }}") }}
{% set as_of_date = var('as_of_date', '') or env_var('AS_OF_DATE', '') %}
{% set latest_date = "coalesce(cast(nullif('" ~ as_of_date ~ "', '') as date), latest.started_on)" %}
{% set days_from_previous = days_between('previous_started_on', 'started_on') %}
{% set days_to_next = days_between('started_on', 'next_started_on') %}
{% set few = threshold('clock_stray_share') ~ ' * total_count' %}
{% set no_date = 'There is no completed interaction to take the date from. Export the history of conversations, or '
    ~ 'give AS_OF_DATE=YYYY-MM-DD (a Sunday): neglect, throughput and touches held are then not measured.' %}
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

time_entries as (

    select * from {{ ref('stg_interactions__time_entries') }}

),

days as (

    select
        cast(interactions.started_at as date) as started_on,
        count(*) as interaction_count,
        count(case when interactions.status = 'completed' then 1 end) as completed_count

    from interactions
    group by cast(interactions.started_at as date)

),

-- How many lie beyond each day, and how long nobody spoke to anybody after it.
completed_in_order as (

    select
        days.started_on,
        lead(days.started_on) over (order by days.started_on) as next_started_on,
        sum(days.completed_count) over () as total_count,
        sum(days.completed_count) over (
            order by days.started_on desc rows between unbounded preceding and 1 preceding
        ) as later_count

    from days
    where days.completed_count > 0

),

-- A date years ahead is a typing error.
latest as (

    select
        coalesce(min(
            case
                when {{ days_to_next }} > {{ threshold('clock_gap_days') }} and later_count < {{ comparable(few) }}
                    then started_on
            end
        ), max(started_on)) as started_on

    from completed_in_order

),

-- A week is measured at its end: any other day means the last Sunday before it.
clock as (

    select
        case
            when {{ latest_date }} is null then {{ stop_with(no_date) }}
            else {{ days_after(week_start(days_after(latest_date, 1)), -1) }}
        end as as_of_date,
        -- a date that was given is nobody's error
        case when '{{ as_of_date }}' = '' then latest.started_on end as latest_interaction_on

    from latest

),

known_interaction_days as (

    select
        days.started_on,
        days.interaction_count as row_count
    from days
    inner join clock on days.started_on <= clock.as_of_date

),

known_interactions as (

    select count(*) as day_count from known_interaction_days

),

-- A log of hours has weeks too, where there is no interaction to take them from.
known_days as (

    select * from known_interaction_days

    union all

    select
        time_entries.worked_on as started_on,
        count(*) as row_count
    from time_entries
    inner join clock on time_entries.worked_on <= clock.as_of_date
    inner join known_interactions on known_interactions.day_count = 0
    group by time_entries.worked_on

),

known_in_order as (

    select
        known_days.started_on,
        lag(known_days.started_on) over (order by known_days.started_on) as previous_started_on,
        sum(known_days.row_count) over () as total_count,
        sum(known_days.row_count) over (
            order by known_days.started_on rows between unbounded preceding and 1 preceding
        ) as earlier_count
    from known_days

),

earliest as (

    select
        coalesce(max(
            case
                when
                    {{ days_from_previous }} > {{ threshold('clock_gap_days') }}
                    and earlier_count < {{ comparable(few) }}
                    then started_on
            end
        ), min(started_on)) as started_on

    from known_in_order

),

final as (

    select
        clock.as_of_date,
        {{ week_start('coalesce(earliest.started_on, clock.as_of_date)') }} as first_week_start_date,
        {{ week_start('clock.as_of_date') }} as latest_week_start_date,
        case when known_interactions.day_count > 0 then earliest.started_on end as earliest_interaction_on,
        clock.latest_interaction_on

    from clock
    cross join earliest
    cross join known_interactions

)

select * from final
