-- Grain: one row per csm_id hired by as_of_date.
-- Why: who the books belong to, as of the last week.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        csms.csm_id,
        csms.csm_name,
        csms.role_tier,
        role_tiers.motion,
        csms.team,
        csms.region,
        csms.languages,
        csms.skills,
        csms.hired_on,
        -- a day after as_of_date is not yet known
        case when csms.left_on <= clock.as_of_date then csms.left_on end as left_on,
        csms.left_on is null or csms.left_on > clock.as_of_date as is_employed,
        {{ days_between('csms.hired_on', 'clock.as_of_date') }} as tenure_days,
        coalesce(csms.productive_hours_per_week, role_tiers.productive_hours_per_week) as productive_hours_per_week,
        coalesce(csms.fte, 1) as fte

    from csms
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    cross join clock
    where csms.hired_on <= clock.as_of_date

)

select * from final
