-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: load is only fair against what this person can give this week: tier, fte, ramp, leave.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

availability as (

    select * from {{ ref('int_csm_weeks__availability') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

csm_weeks as (

    select
        csms.csm_id,
        weeks.week_start_date,
        csms.hired_on,
        csms.left_on,
        role_tiers.motion,
        coalesce(csms.fte, 1) as fte,
        coalesce(csms.productive_hours_per_week, role_tiers.productive_hours_per_week) as productive_hours_per_week,
        -- whoever has no ramp is at full capacity from the first day; dividing by it would say nothing
        case
            when role_tiers.ramp_days > {{ days_between('csms.hired_on', 'weeks.week_end_date') }}
                then
                    role_tiers.ramp_start_ratio
                    + (1 - role_tiers.ramp_start_ratio)
                    * {{ days_between('csms.hired_on', 'weeks.week_end_date') }} / role_tiers.ramp_days
            else 1
        end as ramp_ratio,
        csms.hired_on <= weeks.week_end_date and (csms.left_on is null or csms.left_on > weeks.week_end_date)
            as is_employed_on_sunday

    from csms
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    inner join weeks
        on
            csms.hired_on <= weeks.week_end_date
            and (csms.left_on is null or csms.left_on > greatest(csms.hired_on, weeks.week_start_date))

),

final as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        csm_weeks.is_employed_on_sunday,
        csm_weeks.motion,
        csm_weeks.productive_hours_per_week,
        csm_weeks.fte,
        csm_weeks.ramp_ratio,
        availability.availability_ratio,
        csm_weeks.productive_hours_per_week
        * csm_weeks.fte
        * csm_weeks.ramp_ratio
        * availability.availability_ratio as target_capacity_hours

    from csm_weeks
    inner join availability
        on csm_weeks.csm_id = availability.csm_id and csm_weeks.week_start_date = availability.week_start_date

)

select * from final
