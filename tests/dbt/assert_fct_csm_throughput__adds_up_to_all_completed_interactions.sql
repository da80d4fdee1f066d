-- The categories of all CSMs must add up to the completed interactions, counted here from the interactions themselves.
-- Otherwise work is lost: of somebody who had left, of a type that nobody has classified, or of a Sunday night.
{% set categories = interaction_categories() %}
with

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

held as (

    select
        weeks.week_start_date,
        count(interactions.interaction_id) as interaction_count,
        sum(interactions.duration_minutes) as interaction_minutes

    from weeks
    left join interactions
        on
            weeks.week_start_date <= cast(interactions.started_at as date)
            and weeks.week_end_date >= cast(interactions.started_at as date)
            and interactions.status = 'completed'
    group by weeks.week_start_date

),

added_up as (

    select
        throughput.week_start_date,
        sum(
            {% for category in categories %}
                throughput.{{ category }}_count{{ ' +' if not loop.last }}
            {% endfor %}
        ) as interaction_count,
        sum(
            {% for category in categories %}
                -- a category of which no duration is known adds none, and takes none from the others
                coalesce(throughput.{{ category }}_minutes, 0){{ ' +' if not loop.last }}
            {% endfor %}
        ) as interaction_minutes

    from throughput
    group by throughput.week_start_date

),

final as (

    select
        held.week_start_date,
        added_up.interaction_count,
        held.interaction_count as expected_interaction_count,
        added_up.interaction_minutes,
        held.interaction_minutes as expected_interaction_minutes

    from held
    left join added_up on held.week_start_date = added_up.week_start_date
    where
        -- a week in which nobody is employed and nothing is held has no row
        coalesce(added_up.interaction_count, 0) != held.interaction_count
        -- a sum in another order differs by less than a second
        or abs(coalesce(added_up.interaction_minutes, 0) - coalesce(held.interaction_minutes, 0)) > 0.01

)

select * from final
