-- Grain: one row per interaction_id that was completed by as_of_date and has an account.
-- Why: quality, mood and follow-up of a CSM are read from the same conversations.
{{ keeps_earlier_weeks('week_start_date') }}
with

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

lifecycle as (

    select
        account_id,
        week_start_date as from_week,
        level,
        lead(week_start_date) over (partition by account_id order by week_start_date) as to_week
    from {{ ref('int_lifecycle__changed') }}

),

action_items as (

    select * from {{ ref('stg_interactions__action_items') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_interactions__action_items') }}) as has_action_items

),

held as (

    select
        interactions.interaction_id,
        interactions.account_id,
        interactions.csm_id,
        interactions.quality_score,
        interactions.sentiment_score,
        -- a score that names no scorecard is judged by one of its own
        coalesce(interactions.scorecard, '') as scorecard,
        {{ week_start('interactions.started_on') }} as week_start_date

    from interactions
    where interactions.account_id is not null and interactions.started_on >= {{ rebuild_from() }}

),

-- What was written down after the week's end was not yet known in it.
items_per_interaction as (

    select
        action_items.interaction_id,
        count(*) as action_item_count

    from action_items
    inner join held on action_items.interaction_id = held.interaction_id
    where {{ week_start('action_items.created_at') }} <= held.week_start_date
    group by action_items.interaction_id

),

final as (

    select
        held.interaction_id,
        held.account_id,
        held.csm_id,
        held.week_start_date,
        held.quality_score,
        held.scorecard,
        held.sentiment_score,
        accounts.segment,
        -- before the contract and after it an account has no stage
        coalesce(lifecycle.level, 'unknown') as lifecycle_level,
        case
            when observed.has_action_items then coalesce(items_per_interaction.action_item_count, 0)
        end as action_item_count

    from held
    inner join accounts on held.account_id = accounts.account_id
    cross join observed
    -- the spans of an account do not overlap: at most one holds in a week
    left join lifecycle
        on
            held.account_id = lifecycle.account_id
            and held.week_start_date >= lifecycle.from_week
            and (lifecycle.to_week is null or held.week_start_date < lifecycle.to_week)
    left join items_per_interaction on held.interaction_id = items_per_interaction.interaction_id

)

select * from final
