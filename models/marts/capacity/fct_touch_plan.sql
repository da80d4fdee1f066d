-- Grain: one row per csm_id (`unassigned` included) at as_of_date.
-- Why: what the cadence of a book asks for, against the hours and the touches that a person can give.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

touches as (

    select * from {{ ref('int_books__touches') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

observed as (

    select * from {{ ref('int_interactions__observed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

actual_per_csm as (

    select
        interactions.csm_id,
        count(*) as actual_touch_count

    from interactions
    inner join weeks on interactions.started_on >= weeks.quarter_start_date and weeks.is_latest
    where interactions.is_meaningful
    group by interactions.csm_id

),

plans as (

    select
        books.csm_id,
        weeks.week_end_date as as_of_date,
        touches.required_touch_count,
        touches.required_hours_per_week,
        touches.touch_ceiling_count,
        capacity.fte * capacity.ramp_ratio * capacity.availability_ratio as present_fte,
        -- whoever has held none is observed to have held none, where any interaction is on file
        case
            when touches.csm_id is not null and observed.has_interactions
                then coalesce(actual_per_csm.actual_touch_count, 0)
        end as actual_touch_count,
        -- nobody could touch a customer before the first day of work; the quarter's Sunday has passed
        {{ days_between('greatest(weeks.quarter_start_date, csms.hired_on)', 'weeks.week_end_date') }} + 1
            as elapsed_days,
        {{ days_between('weeks.quarter_start_date', quarters_after('weeks.quarter_start_date', 1)) }} as quarter_days

    from books
    cross join observed
    inner join weeks on books.week_start_date = weeks.week_start_date and weeks.is_latest
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    left join touches on books.csm_id = touches.csm_id and books.week_start_date = touches.week_start_date
    left join csms on books.csm_id = csms.csm_id
    left join actual_per_csm on books.csm_id = actual_per_csm.csm_id
    where capacity.is_employed_on_sunday or books.csm_id = 'unassigned'

),

final as (

    select
        plans.csm_id,
        plans.required_touch_count,
        plans.required_hours_per_week,
        plans.actual_touch_count,
        plans.required_touch_count * plans.elapsed_days / plans.quarter_days as due_touch_count,
        {{ ratio('plans.actual_touch_count', 'plans.required_touch_count * plans.elapsed_days / plans.quarter_days') }}
            as actual_to_due_ratio,
        plans.touch_ceiling_count,
        {{ comparable('plans.required_touch_count') }} > {{ comparable('plans.touch_ceiling_count') }}
            as is_over_touch_ceiling,
        {{ threshold('productive_hours_low') }} * plans.present_fte as lowest_productive_hours,
        {{ threshold('productive_hours_high') }} * plans.present_fte as highest_productive_hours,
        case
            when
                {{ comparable('plans.required_hours_per_week') }}
                < {{ comparable(threshold('productive_hours_low') ~ ' * plans.present_fte') }}
                then 'under'
            when
                {{ comparable('plans.required_hours_per_week') }}
                > {{ comparable(threshold('productive_hours_high') ~ ' * plans.present_fte') }}
                then 'over'
            when plans.required_hours_per_week is not null then 'within'
        end as verdict,
        plans.as_of_date

    from plans

)

select * from final
