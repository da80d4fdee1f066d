-- Grain: one row per account_id and week_start_date from which the account is red, or no longer.
-- Why: a score holds until the next one, however old; an account without one is not red.
{{ keeps_earlier_weeks('week_start_date') }}
with

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

scores as (

    select
        health_scores.account_id,
        health_scores.scored_on,
        {{ is_red('health_scores.health_score') }} as is_red

    from health_scores
    where health_scores.scored_on >= {{ rebuild_from() }}
    {% if is_rebuilding() %}
        union all
        -- what the account was before
        select
            kept_changes.account_id,
            max(kept_changes.week_start_date) as scored_on,
            max_by(kept_changes.is_red, kept_changes.week_start_date) as is_red
        from {{ this }} as kept_changes
        group by kept_changes.account_id
    {% endif %}

),

scores_in_order as (

    select
        scores.*,
        lag(scores.is_red) over (partition by scores.account_id order by scores.scored_on) as was_red

    from scores

),

-- The last change of a week holds at its end.
changes as (

    select
        scores_in_order.account_id,
        scores_in_order.is_red,
        {{ week_start('scores_in_order.scored_on') }} as week_start_date,
        row_number() over (
            partition by scores_in_order.account_id, {{ week_start('scores_in_order.scored_on') }}
            order by scores_in_order.scored_on desc
        ) as latest_rank

    from scores_in_order
    where scores_in_order.is_red != coalesce(scores_in_order.was_red, false)

),

final as (

    select
        changes.account_id,
        changes.week_start_date,
        changes.is_red

    from changes
    where changes.latest_rank = 1 and changes.week_start_date >= {{ rebuild_from() }}

)

select * from final
