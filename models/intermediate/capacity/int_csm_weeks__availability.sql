-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: leave lowers what a week can carry; it must not read as a light week.
{{ keeps_earlier_weeks('week_start_date') }}
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

absences as (

    select * from {{ ref('stg_crm__csm_absences') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}
    where week_start_date >= {{ rebuild_from() }}

),

weekdays as (

    {{ whole_numbers(0, 4) }}

),

-- Monday to Friday: five rows for each week, grouped back to one below.
working_days as (

    select
        csms.csm_id,
        weeks.week_start_date,
        coalesce(csms.fte, 1) as fte,
        {{ days_after('weeks.week_start_date', 'weekdays.whole_number') }} as worked_on,
        csms.hired_on,
        csms.left_on

    from csms
    inner join weeks
        on
            csms.hired_on <= weeks.week_end_date
            and (csms.left_on is null or csms.left_on > greatest(csms.hired_on, weeks.week_start_date))
    cross join weekdays

),

-- Several absences may hold on a day; grouped by day again at once.
absent_days as (

    select
        working_days.csm_id,
        working_days.worked_on,
        sum(coalesce(absences.absent_fte, working_days.fte)) as absent_fte

    from working_days
    inner join absences
        on
            working_days.csm_id = absences.csm_id
            and working_days.worked_on >= absences.starts_on
            and (absences.ends_on is null or working_days.worked_on <= absences.ends_on)
    group by working_days.csm_id, working_days.worked_on

),

present_days as (

    select
        working_days.csm_id,
        working_days.week_start_date,
        case
            when working_days.hired_on > working_days.worked_on then 0
            when working_days.left_on <= working_days.worked_on then 0
            -- no absence on file is observed none; overlapping ones add up to at most the fte
            else 1 - least(coalesce(absent_days.absent_fte, 0) / working_days.fte, 1)
        end as present_ratio

    from working_days
    left join absent_days
        on working_days.csm_id = absent_days.csm_id and working_days.worked_on = absent_days.worked_on

),

final as (

    select
        present_days.csm_id,
        present_days.week_start_date,
        avg(present_days.present_ratio) as availability_ratio

    from present_days
    group by present_days.csm_id, present_days.week_start_date

)

select * from final
