-- Grain: one row.
-- Why: nothing reads the wall clock, so that a week measured twice gives the same numbers.
{{ config(pre_hook="{{ stop_at_losses(ref('int_raw_losses')) }}") }}
{% set as_of_date = var('as_of_date', '') or env_var('AS_OF_DATE', '') %}
{% set no_date -%}
    There is no completed interaction to take the date from: give AS_OF_DATE=YYYY-MM-DD (a Sunday). Without a history of
    interactions nothing is known of coverage, throughput, engagement, sentiment and detection.
{%- endset %}
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

completed_days as (

    select
        cast(interactions.started_at as date) as started_on,
        count(*) as interaction_count
    from interactions
    where interactions.status = 'completed'
    group by cast(interactions.started_at as date)

),

-- How many lie beyond each day, and how long nobody spoke to anybody after it.
completed_in_order as (

    select
        completed_days.started_on,
        lead(completed_days.started_on) over (order by completed_days.started_on) as next_started_on,
        sum(completed_days.interaction_count) over () as total_count,
        sum(completed_days.interaction_count) over (
            order by completed_days.started_on desc rows between unbounded preceding and 1 preceding
        ) as later_count
    from completed_days

),

-- A date years ahead is a typing error: a few beyond a long gap do not move the clock.
latest as (

    select
        coalesce(
            min(
                case
                    when {{ days_between('started_on', 'next_started_on') }} > {{ threshold('clock_gap_days') }}
                        and {{ comparable('later_count') }}
                        < {{ comparable(threshold('clock_stray_share') ~ ' * total_count') }}
                        then started_on
                end
            ),
            max(started_on)
        ) as started_on
    from completed_in_order

),

-- A week is measured at its end: any other day means the last Sunday before it.
clock as (

    select
        case
            when coalesce(cast(nullif('{{ as_of_date }}', '') as date), latest.started_on) is null
                then {{ stop_with(no_date) }}
            else {{ days_after(week_start(days_after(
                "coalesce(cast(nullif('" ~ as_of_date ~ "', '') as date), latest.started_on)", 1
            )), -1) }}
        end as as_of_date,
        -- a date that was given is nobody's error
        case when '{{ as_of_date }}' = '' then latest.started_on end as latest_interaction_on
    from latest

),

known_days as (

    select
        cast(interactions.started_at as date) as started_on,
        count(*) as interaction_count
    from interactions
    cross join clock
    where cast(interactions.started_at as date) <= clock.as_of_date
    group by cast(interactions.started_at as date)

),

known_in_order as (

    select
        known_days.started_on,
        lag(known_days.started_on) over (order by known_days.started_on) as previous_started_on,
        sum(known_days.interaction_count) over () as total_count,
        sum(known_days.interaction_count) over (
            order by known_days.started_on rows between unbounded preceding and 1 preceding
        ) as earlier_count
    from known_days

),

earliest as (

    select
        coalesce(
            max(
                case
                    when {{ days_between('previous_started_on', 'started_on') }} > {{ threshold('clock_gap_days') }}
                        and {{ comparable('earlier_count') }}
                        < {{ comparable(threshold('clock_stray_share') ~ ' * total_count') }}
                        then started_on
                end
            ),
            min(started_on)
        ) as started_on
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
