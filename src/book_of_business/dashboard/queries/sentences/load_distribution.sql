-- Books by load, and the load of the organisation now and four weeks ago.
-- Question: load_of_each_csm
select
    count(*) filter (where loads.load_ratio is not null) as book_count,
    count(*) filter (where loads.is_over_target) as over_count,
    count(*) filter (where not loads.is_over_target and loads.load_ratio >= room.value) as full_count,
    count(*) filter (where loads.load_ratio < room.value) as room_count,
    max(room.value) as room_ratio,
    (
        select whole.load_ratio from marts.fct_team_scorecard as whole
        inner join marts.dim_weeks as calendar on whole.week_start_date = calendar.week_start_date
        where calendar.is_latest and whole.scope = 'organisation'
    ) as load_ratio,
    (
        select whole.load_ratio from marts.fct_team_scorecard as whole
        inner join marts.dim_weeks as calendar on whole.week_start_date = calendar.week_start_date
        where calendar.weeks_ago = 4 and whole.scope = 'organisation'
    ) as earlier_load_ratio

from marts.fct_csm_load as loads
inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date
inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
cross join reference.thresholds as room
where
    weeks.is_latest
    and not csms.is_unassigned
    and room.threshold = 'ramp_room_load_ratio'
