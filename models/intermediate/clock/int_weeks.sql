-- Grain: one row per week_start_date.
-- Why: weekly facts have every week, also those in which nothing happened.
with

clock as (

    select * from {{ ref('int_clock') }}

),

weeks as (

    {{ monday_spine(
        '(select clock.first_week_start_date from clock)',
        '(select clock.latest_week_start_date from clock)'
    ) }}

),

week_ends as (

    select
        weeks.week_start_date,
        {{ days_after('weeks.week_start_date', 6) }} as week_end_date

    from weeks

),

final as (

    select
        week_ends.week_start_date,
        week_ends.week_end_date,
        {{ fiscal_quarter_start('week_ends.week_end_date') }} as quarter_start_date,
        week_ends.week_end_date = clock.as_of_date as is_latest

    from week_ends
    cross join clock

)

select * from final
