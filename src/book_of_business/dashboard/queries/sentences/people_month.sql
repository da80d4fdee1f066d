-- CSMs who joined or left in the last four weeks, and those in their ramp.
-- Question: csms_in_ramp
select
    count(*) filter (where hired_on > as_of_date - 28 and hired_on <= as_of_date) as joined_count,
    count(*) filter (where left_on > as_of_date - 28 and left_on <= as_of_date) as left_count,
    count(*) filter (where is_employed and not is_ramp_complete) as ramp_count,
    count(*) filter (where is_employed) as csm_count

from marts.dim_csms
where not is_unassigned
