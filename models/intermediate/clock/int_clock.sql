-- Grain: one row.
-- Why: nothing reads the wall clock, so that a week measured twice gives the same numbers.
{% set as_of_date = var('as_of_date', '') or env_var('AS_OF_DATE', '') %}
{% set no_date = 'There is no completed interaction to take the date from: give AS_OF_DATE=YYYY-MM-DD (a Sunday).' %}
with

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

given as (

    select
        coalesce(
            cast(nullif('{{ as_of_date }}', '') as date),
            max(case when interactions.status = 'completed' then cast(interactions.started_at as date) end)
        ) as latest_date

    from interactions

),

-- A week is measured at its end: any other day means the last Sunday before it.
clock as (

    select
        case
            when given.latest_date is null
                then {{ stop_with(no_date) }}
            else {{ days_after(week_start(days_after('given.latest_date', 1)), -1) }}
        end as as_of_date

    from given

),

first_interaction as (

    select min(cast(interactions.started_at as date)) as started_on
    from interactions
    cross join clock
    where cast(interactions.started_at as date) <= clock.as_of_date

),

final as (

    select
        clock.as_of_date,
        {{ week_start('coalesce(first_interaction.started_on, clock.as_of_date)') }} as first_week_start_date,
        {{ week_start('clock.as_of_date') }} as latest_week_start_date

    from clock
    cross join first_interaction

)

select * from final
