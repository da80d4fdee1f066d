-- Grain: one row per account_id and from_week: the latest meaningful interaction in force until to_week, exclusive.
-- Why: how long an account has gone without one follows from its touches alone, week by week.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

touches as (

    select
        interactions.account_id,
        {{ week_start('interactions.started_on') }} as from_week,
        max(interactions.started_at) as last_meaningful_at

    from interactions
    where interactions.is_meaningful
    group by interactions.account_id, {{ week_start('interactions.started_on') }}

),

-- Before its first touch an account has none; the row exists so that nobody is left out.
points as (

    select
        account_id,
        from_week,
        last_meaningful_at
    from touches
    union all
    select
        active.account_id,
        cast('0001-01-01' as date) as from_week,
        null as last_meaningful_at
    from active

),

final as (

    select
        points.account_id,
        points.last_meaningful_at,
        points.from_week,
        coalesce(
            lead(points.from_week) over (partition by points.account_id order by points.from_week),
            cast('9999-12-27' as date)
        ) as to_week

    from points

)

select * from final
