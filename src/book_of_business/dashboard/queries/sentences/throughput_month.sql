-- Conversations that count per week, in the last four weeks and the thirteen before, and weeks over the ceiling.
-- Question: conversations_by_week
select
    sum(throughputs.counted_interaction_count) filter (where weeks.weeks_ago < 4) / 4 as weekly_count,
    sum(throughputs.counted_interaction_count) filter (where weeks.weeks_ago between 4 and 16)
    / nullif(count(distinct weeks.week_start_date) filter (where weeks.weeks_ago between 4 and 16), 0)
        as earlier_weekly_count,
    count(*) filter (where weeks.weeks_ago < 4 and throughputs.is_over_ceiling) as over_count,
    count(*) filter (where weeks.weeks_ago < 4 and throughputs.is_over_ceiling is not null) as csm_week_count

from marts.fct_csm_throughput as throughputs
inner join marts.dim_weeks as weeks on throughputs.week_start_date = weeks.week_start_date
