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

known_in_order as (

    select
        days.started_on,
        lag(days.started_on) over (order by days.started_on) as previous_started_on,
        sum(days.interaction_count) over () as total_count,
        sum(days.interaction_count) over (
            order by days.started_on rows between unbounded preceding and 1 preceding
        ) as earlier_count

    from days
    inner join clock on days.started_on <= clock.as_of_date

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
        earliest.started_on as earliest_interaction_on,
        clock.latest_interaction_on

    from clock
    cross join earliest

)

select * from final
