-- Grain: one row per account_id, ends_on and due_at: while lines have to be renewed on that day, from its window on.
-- Why: lines that end on one day are one renewal; where none was in force between two, nothing could be renewed, or a
-- line that is bought later would make a renewal late before it was there.
with

renewing as (

    select * from {{ ref('int_subscriptions__renewing') }}

),

lines as (

    select
        account_id,
        ends_on,
        subscription_id,
        to_day as ended_on,
        greatest(
            {{ days_after('ends_on', '-' ~ signal_rule('delayed_renewal', 'window_days')) }}, from_day
        ) as due_on

    from renewing

),

lines_in_order as (

    select
        lines.*,
        max(lines.ended_on) over (
            partition by lines.account_id, lines.ends_on
            order by lines.due_on, lines.subscription_id
            rows between unbounded preceding and 1 preceding
        ) as ended_before_on

    from lines
    -- a line that was cancelled or settled before its window is no renewal
    where lines.due_on < lines.ended_on

),

terms as (

    select
        lines_in_order.*,
        count(case when lines_in_order.ended_before_on >= lines_in_order.due_on then null else 1 end) over (
            partition by lines_in_order.account_id, lines_in_order.ends_on
            order by lines_in_order.due_on, lines_in_order.subscription_id
            rows between unbounded preceding and current row
        ) as term_number

    from lines_in_order

),

final as (

    select
        terms.account_id,
        terms.ends_on,
        cast(min(terms.due_on) as timestamp) as due_at,
        cast(max(terms.ended_on) as timestamp) as ended_at

    from terms
    group by terms.account_id, terms.ends_on, terms.term_number

)

select * from final
