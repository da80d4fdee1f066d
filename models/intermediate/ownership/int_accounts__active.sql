-- Grain: one row per account_id that is active on the Sunday of at least one week.
-- Why: a span costs one row however many weeks it lasts; weeks are Mondays, to_week is exclusive.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

spans as (

    select
        accounts.account_id,
        accounts.segment,
        accounts.customer_since,
        greatest({{ week_start('accounts.customer_since') }}, clock.first_week_start_date) as from_week,
        least(
            coalesce({{ week_start('accounts.churned_on') }}, {{ days_after('clock.latest_week_start_date', 7) }}),
            {{ days_after('clock.latest_week_start_date', 7) }}
        ) as to_week

    from accounts
    cross join clock

),

final as (

    select
        spans.account_id,
        spans.segment,
        spans.customer_since,
        spans.from_week,
        spans.to_week

    from spans
    where spans.from_week < spans.to_week

)

select * from final
