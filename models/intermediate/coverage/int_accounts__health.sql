-- Grain: one row per account_id with a health score by as_of_date: the latest one.
-- Why: a score holds until the next one, however old; an account without one is not red.
with

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

latest_scores as (

    select
        health_scores.account_id,
        max_by(health_scores.health_score, health_scores.scored_on) as health_score

    from health_scores
    inner join clock on health_scores.scored_on <= clock.as_of_date
    group by health_scores.account_id

),

final as (

    select
        latest_scores.account_id,
        latest_scores.health_score,
        {{ is_red('latest_scores.health_score') }} as is_red

    from latest_scores

)

select * from final
