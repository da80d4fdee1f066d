-- One row per CSM employed on the Sunday: what they can give over the coming weeks, and what a book of theirs may hold.
with

clock as (

    select as_of_date from intermediate.int_clock

),

numbers as (

    select unnest(generate_series(1, cast(value as bigint))) as week_number from rules
    where rule = 'capacity_weeks'

),

ahead as (

    select
        clock.as_of_date,
        clock.as_of_date + cast(7 * numbers.week_number as integer) as week_end_date

    from clock
    cross join numbers

),

-- the part of each full-time equivalent that is away, Monday to Friday of each week
away as (

    select
        absences.csm_id,
        ahead.week_end_date,
        sum(
            greatest(
                0,
                least(coalesce(absences.ends_on, ahead.week_end_date - 1), ahead.week_end_date - 2)
                - greatest(absences.starts_on, ahead.week_end_date - 6) + 1
            )
            * coalesce(absences.absent_fte, csms.fte, 1)
        ) / 5 as away_fte

    from staging.stg_crm__csm_absences as absences
    inner join marts.dim_csms as csms on absences.csm_id = csms.csm_id
    cross join ahead
    where
        absences.starts_on <= ahead.week_end_date - 2
        and coalesce(absences.ends_on, ahead.week_end_date - 2) >= ahead.week_end_date - 6
    group by absences.csm_id, ahead.week_end_date

),

weekly as (

    select
        csms.csm_id,
        case
            when csms.left_on is not null and csms.left_on <= ahead.week_end_date then 0
            else
                csms.productive_hours_per_week * csms.fte
                * case
                    when tiers.ramp_days > ahead.week_end_date - csms.hired_on
                        then
                            tiers.ramp_start_ratio
                            + (1 - tiers.ramp_start_ratio) * (ahead.week_end_date - csms.hired_on) / tiers.ramp_days
                    else 1
                end
                * greatest(0, 1 - coalesce(away.away_fte, 0) / nullif(csms.fte, 0))
        end as capacity_hours

    from marts.dim_csms as csms
    cross join ahead
    inner join reference.role_tiers as tiers on csms.role_tier = tiers.role_tier
    left join away
        on
            csms.csm_id = away.csm_id
            and ahead.week_end_date = away.week_end_date
    where csms.is_employed

),

final as (

    select
        csms.csm_id,
        csms.csm_name,
        csms.role_tier,
        csms.motion,
        csms.team,
        csms.region,
        csms.languages,
        csms.skills,
        csms.fte,
        csms.touch_ceiling_count,
        csms.productive_hours_per_week,
        csms.fte > 1 as is_pooled,
        bands.maximum_account_count * csms.fte as most_account_count,
        bands.maximum_arr_usd * csms.fte as most_arr_usd,
        avg(weekly.capacity_hours) as capacity_hours

    from marts.dim_csms as csms
    inner join weekly on csms.csm_id = weekly.csm_id
    left join reference.book_size_bands as bands on csms.motion = bands.motion
    group by all
    order by csms.csm_id asc

)

select * from final
