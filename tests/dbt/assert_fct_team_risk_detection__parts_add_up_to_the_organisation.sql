-- An episode of a CSM without a team, or of nobody, would otherwise be in no total.
with

detection as (

    select * from {{ ref('fct_team_risk_detection') }}

),

totals as (

    select
        detection.week_start_date,
        sum(case when detection.scope = 'organisation' then detection.open_undetected_count else 0 end) as open_count,
        sum(case when detection.scope != 'organisation' then detection.open_undetected_count else 0 end) as open_parts,
        sum(case when detection.scope = 'organisation' then detection.detected_episode_count else 0 end) as found_count,
        sum(case when detection.scope != 'organisation' then detection.detected_episode_count else 0 end)
            as found_parts

    from detection
    group by detection.week_start_date

),

final as (

    select totals.week_start_date
    from totals
    where totals.open_count != totals.open_parts or totals.found_count != totals.found_parts

)

select * from final
