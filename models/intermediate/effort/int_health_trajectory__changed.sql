-- Grain: one row per account_id and week_start_date from which its health trajectory may be another.
-- Why: the direction of health costs work before its level does.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

levels as (

    select * from {{ ref('effort_levels') }}

),

-- The slope can change only where a score enters the trailing window or leaves it.
measured_weeks as (

    select
        account_id,
        from_week as week_start_date
    from active
    union distinct
    select
        account_id,
        {{ week_start('scored_on') }} as week_start_date
    from health_scores
    union distinct
    select
        account_id,
        {{ week_start(days_after('scored_on', threshold('health_days'))) }} as week_start_date
    from health_scores

),

points as (

    select
        health_scores.account_id,
        {{ day_number('health_scores.scored_on') }} as day_number,
        health_scores.health_score,
        null as week_start_date

    from health_scores

    union all

    -- a week is measured on its Sunday; without a score it adds nothing to the slope
    select
        measured_weeks.account_id,
        {{ day_number(days_after('measured_weeks.week_start_date', 6)) }} as day_number,
        null as health_score,
        measured_weeks.week_start_date

    from measured_weeks

),

slopes as (

    select
        points.account_id,
        points.week_start_date,
        count(points.health_score) over trailing_window as score_count,
        -- one score has no slope, and what engines give for it (NaN) would rank above every bound
        case
            when count(points.health_score) over trailing_window > 1
                then 7 * regr_slope(points.health_score, points.day_number) over trailing_window
        end as points_per_week

    from points
    window
        trailing_window as (
            partition by points.account_id
            order by points.day_number
            {{ trailing_days_frame(threshold('health_days')) }}
        )

),

final as (

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

)

select * from final
