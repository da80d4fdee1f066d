-- Grain: one row per account_id and week_end_date, the last Sunday of a fiscal quarter at whose beginning it paid.
-- Why: net retention of a quarter, account by account, without a row for each week.
with

held as (

    select * from {{ ref('int_account_arr__held') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- A quarter has the weeks whose Sunday is in it; one that began before the first week, or goes on, is not measured.
quarters as (

    select
        weeks.quarter_start_date,
        min(weeks.week_start_date) as first_week_start_date,
        max(weeks.week_start_date) as last_week_start_date

    from weeks
    group by weeks.quarter_start_date

),

whole_quarters as (

    select
        quarters.quarter_start_date,
        {{ days_after('quarters.first_week_start_date', -7) }} as opening_week,
        quarters.last_week_start_date as closing_week

    from quarters
    cross join clock
    where
        quarters.first_week_start_date > clock.first_week_start_date
        and {{ fiscal_quarter_start(days_after(days_after('quarters.last_week_start_date', 6), 7)) }}
        > quarters.quarter_start_date

),

final as (

    select
        openings.account_id,
        {{ days_after('whole_quarters.closing_week', 6) }} as week_end_date,
        openings.arr_usd as opening_arr_usd,
        -- who is gone pays nothing
        coalesce(closings.arr_usd, 0) as closing_arr_usd,
        case
            when {{ comparable('coalesce(closings.arr_usd, 0)') }} = 0 then 'churned'
            when {{ comparable('closings.arr_usd') }} < {{ comparable('openings.arr_usd') }} then 'contracted'
            when {{ comparable('closings.arr_usd') }} > {{ comparable('openings.arr_usd') }} then 'expanded'
            else 'unchanged'
        end as outcome

    from whole_quarters
    -- the spans of an account do not overlap: one holds at each end of the quarter
    inner join held as openings
        on whole_quarters.opening_week >= openings.from_week and whole_quarters.opening_week < openings.to_week
    left join held as closings
        on
            openings.account_id = closings.account_id
            and whole_quarters.closing_week >= closings.from_week
            and whole_quarters.closing_week < closings.to_week
    where {{ comparable('openings.arr_usd') }} > 0

)

select * from final
