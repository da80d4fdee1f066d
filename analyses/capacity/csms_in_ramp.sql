-- Question: Who is still in their ramp, and until when?
-- Also: new hires who are ramping up; who is new in the team; when will the new CSM be fully productive
-- Also: onboarding of new people
-- Filters: csm, team
with

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        csms.csm_id,
        csms.csm_name,
        csms.team,
        csms.hired_on,
        csms.tenure_days,
        csms.ramp_ratio,
        csms.ramp_completed_on,
        csms.load_ratio

    from csms
    where
        csms.is_employed
        and not csms.is_ramp_complete
    order by csms.ramp_completed_on asc nulls last, csms.csm_id asc

)

select * from final
