-- Grain: one row per subscription_id and from_day.
-- Why: calendar, stage and signals of renewals ask one question: is this end one that somebody has to work on?
with

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}
    where ends_on is not null and not is_rolling and starts_on < in_force_until

),

settled as (

    select * from {{ ref('int_subscriptions__settled') }}

),

-- What lies before the first settled span, and what follows each.
open_spans as (

    select
        subscriptions.subscription_id,
        subscriptions.starts_on as from_day,
        min(settled.settled_from_on) as to_day

    from subscriptions
    left join settled on subscriptions.subscription_id = settled.subscription_id
    group by subscriptions.subscription_id, subscriptions.starts_on

    union all

    select
        settled.subscription_id,
        settled.settled_to_on as from_day,
        lead(settled.settled_from_on) over (
            partition by settled.subscription_id order by settled.settled_from_on
        ) as to_day

    from settled

),

spans as (

    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        subscriptions.ends_on,
        greatest(open_spans.from_day, subscriptions.starts_on) as from_day,
        least(open_spans.to_day, subscriptions.in_force_until) as to_day

    from open_spans
    inner join subscriptions on open_spans.subscription_id = subscriptions.subscription_id

),

final as (

    select
        subscription_id,
        account_id,
        ends_on,
        from_day,
        to_day

    from spans
    where from_day < to_day

)

select * from final
