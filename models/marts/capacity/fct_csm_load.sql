-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: hours of work a book asks for against the hours this person can give this week.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

effort as (

    select * from {{ ref('int_books__effort') }}

),

loads as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        books.arr_usd,
        -- an empty book is observed to ask for nothing
        coalesce(effort.effort_hours, 0) as effort_hours,
        capacity.productive_hours_per_week,
        capacity.fte,
        capacity.ramp_ratio,
        capacity.availability_ratio,
        capacity.target_capacity_hours,
        -- rounded: what absences leave of a week may be a remainder of arithmetic, not of work
        case
            when {{ comparable('capacity.target_capacity_hours') }} > 0
                then coalesce(effort.effort_hours, 0) / capacity.target_capacity_hours
        end as load_ratio

    from books
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    left join effort on books.csm_id = effort.csm_id and books.week_start_date = effort.week_start_date

),

verdicts as (

    select
        loads.*,
        {{ comparable('loads.load_ratio') }} > {{ threshold('target_load_ratio') }} as is_over_target,
        -- nobody's book has no capacity to lack: null and false would be false there when it is empty
        case
            when loads.target_capacity_hours is not null
                then {{ comparable('loads.target_capacity_hours') }} = 0 and loads.account_count > 0
        end as is_uncovered

    from loads

),

streaks as (

    select
        verdicts.*,
        {{ streak_number('verdicts.is_over_target', 'verdicts.csm_id', 'verdicts.week_start_date') }} as streak_number

    from verdicts

),

final as (

    select
        streaks.csm_id,
        streaks.week_start_date,
        streaks.account_count,
        streaks.arr_usd,
        streaks.effort_hours,
        streaks.productive_hours_per_week,
        streaks.fte,
        streaks.ramp_ratio,
        streaks.availability_ratio,
        streaks.target_capacity_hours,
        streaks.load_ratio,
        streaks.is_over_target,
        streaks.is_uncovered,
        case
            when streaks.target_capacity_hours is not null
                then {{ consecutive_count('streaks.is_over_target', 'streaks.csm_id', 'streaks.week_start_date') }}
        end as consecutive_weeks_over_target

    from streaks

)

select * from final
