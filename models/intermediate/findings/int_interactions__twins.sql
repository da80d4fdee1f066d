-- Grain: one row per interaction_id that looks like the one before it of the same CSM and account, written twice.
-- Why: two systems note one meeting minutes apart, or a dropped call goes on as another: both count, and are told.
{{ keeps_earlier_weeks('started_on') }}
with

-- No conversation lasts as long as a week: what may have a twin in the week of R began in the week before it.
interactions as (

    select * from {{ ref('int_interactions__completed') }}
    where account_id is not null and started_on >= {{ weeks_before_rebuild(1) }}

),

in_order as (

    select
        interactions.interaction_id,
        interactions.csm_id,
        interactions.account_id,
        interactions.started_at,
        interactions.started_on,
        lag(interactions.interaction_id) over meeting_order as earlier_interaction_id,
        lag(interactions.started_at) over meeting_order as earlier_started_at,
        lag(interactions.duration_minutes) over meeting_order as earlier_duration_minutes

    from interactions
    window
        meeting_order as (
            partition by interactions.csm_id, interactions.account_id
            order by interactions.started_at, interactions.interaction_id
        )

),

timed as (

    select
        in_order.*,
        {{ elapsed_minutes('in_order.earlier_started_at', 'in_order.started_at') }} as minutes_since_start

    from in_order
    where in_order.earlier_interaction_id is not null

),

final as (

    select
        timed.interaction_id,
        timed.earlier_interaction_id,
        timed.csm_id,
        timed.account_id,
        timed.started_at,
        timed.started_on,
        case
            when {{ comparable('timed.minutes_since_start') }} <= {{ threshold('same_meeting_minutes') }}
                then 'same_meeting'
            else 'second_leg'
        end as kind

    from timed
    where
        timed.started_on >= {{ rebuild_from() }}
        and (
            {{ comparable('timed.minutes_since_start') }} <= {{ threshold('same_meeting_minutes') }}
            or abs({{ comparable('timed.minutes_since_start - timed.earlier_duration_minutes') }})
            <= {{ threshold('same_meeting_minutes') }}
        )

)

select * from final
