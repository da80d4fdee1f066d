-- Grain: one row per account_id and from_week: the latest health score in force until to_week, exclusive.
-- Why: a score holds until the next one, however old; an account without one is not red.
with

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

scores_at_week_end as (

    select
        health_scores.account_id,
        {{ week_start('health_scores.scored_on') }} as from_week,
        max_by(health_scores.health_score, health_scores.scored_on) as health_score

    from health_scores
    group by health_scores.account_id, {{ week_start('health_scores.scored_on') }}

),

final as (

    select
        scores_at_week_end.account_id,
        scores_at_week_end.from_week,
        scores_at_week_end.health_score,
        {{ comparable('scores_at_week_end.health_score') }} < {{ threshold('red_health_score') }} as is_red,
        coalesce(
            lead(scores_at_week_end.from_week) over (
                partition by scores_at_week_end.account_id order by scores_at_week_end.from_week
            ),
            cast('9999-12-27' as date)
        ) as to_week

    from scores_at_week_end

)

select * from final
