-- Grain: one row per week_start_date.
-- Why: every weekly mart has these weeks, none missing.
with

weeks as (

    select * from {{ ref('int_weeks') }}

),

final as (

    select
        weeks.week_start_date,
        weeks.week_end_date,
        weeks.quarter_start_date,
        weeks.is_latest

    from weeks

)

select * from final
