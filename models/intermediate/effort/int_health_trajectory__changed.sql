-- Grain: one row per account_id and week_start_date from which its health trajectory is another.
-- Why: the direction of health costs work before its level does.
{{ keeps_earlier_weeks('week_start_date') }}
with

active as (

    select * from {{ ref('int_accounts__active') }}
    where from_week >= {{ rebuild_from() }}

),

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

scores as (

    select
        health_scores.account_id,
        health_scores.scored_on as dated_on,
        health_scores.health_score as score

    from health_scores
    where health_scores.scored_on >= {{ days_before_rebuild(threshold('health_days')) }}

),

points as (

    {{ trailing_scores('scores', 'active', threshold('health_days')) }}

),

slopes as (

    select
        points.account_id,
        points.week_start_date,
        count(points.score) over trailing_window as score_count,
        -- one score has no slope, and what engines give for it (NaN) would rank above every bound
        case
            when count(points.score) over trailing_window > 1
                then 7 * regr_slope(points.score, points.score_day_number) over trailing_window
        end as points_per_week

    from points
    window
        trailing_window as (
            partition by points.account_id
            order by points.day_number
            {{ trailing_days_frame(threshold('health_days')) }}
        )

),

measured as (

    select
        slopes.account_id,
        slopes.week_start_date,
        case
            when slopes.score_count >= {{ threshold('health_minimum_count') }} and levels.level is not null
                then levels.level
            else 'unknown'
        end as level

    from slopes
    left join levels on {{ is_level_of('levels', 'health_trajectory', 'slopes.points_per_week') }}
    where slopes.week_start_date is not null

),

final as (

    {{ changes_only('measured', keeps_earlier_weeks=true) }}

)

select * from final
