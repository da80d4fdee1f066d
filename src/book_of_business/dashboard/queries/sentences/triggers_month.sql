-- Triggers that stand now, that stand now and did not four weeks ago, and the other way round.
-- Question: triggers_of_the_week
with

standing as (

    select
        triggers.csm_id,
        triggers.trigger,
        bool_or(weeks.weeks_ago = 0) as is_standing,
        bool_or(weeks.weeks_ago = 4) as was_standing

    from marts.fct_rebalancing_triggers as triggers
    inner join marts.dim_weeks as weeks on triggers.week_start_date = weeks.week_start_date
    where weeks.weeks_ago in (0, 4)
    group by triggers.csm_id, triggers.trigger

),

final as (

    select
        count(*) filter (where is_standing) as standing_count,
        count(*) filter (where is_standing and not was_standing) as new_count,
        count(*) filter (where was_standing and not is_standing) as ended_count

    from standing

)

select * from final
