-- Grain: one row per account_id and renewed_on, by as_of_date.
-- Why: a contract given up before its end is no decision at a renewal: it may come in any week.
with

renewals as (

    select * from {{ ref('stg_outcomes__renewals') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- Each contract ends with its term, or where another renews it, or is given up before. An open-ended one has no term to
-- wait for.
endings as (

    select
        subscriptions.account_id,
        subscriptions.starts_on,
        coalesce(subscriptions.cancelled_on < subscriptions.ends_on, subscriptions.cancelled_on is not null)
            as is_cut_short,
        least(subscriptions.ends_on, subscriptions.in_force_until) as ended_on

    from subscriptions

),

terms as (

    select
        renewals.account_id,
        renewals.renewed_on,
        max(case when endings.is_cut_short then endings.ended_on end) as cut_short_on,
        max(case when not endings.is_cut_short then endings.ended_on end) as term_ended_on

    from renewals
    inner join endings on renewals.account_id = endings.account_id and renewals.renewed_on > endings.starts_on
    group by renewals.account_id, renewals.renewed_on

),

final as (

    select
        renewals.account_id,
        renewals.renewed_on,
        renewals.outcome,
        renewals.arr_before_usd,
        renewals.arr_after_usd,
        -- without a contract on file a churn counts as one at renewal
        renewals.outcome = 'churned'
        and coalesce(terms.cut_short_on > terms.term_ended_on, terms.cut_short_on is not null) as is_mid_term

    from renewals
    inner join clock on renewals.renewed_on <= clock.as_of_date
    -- grouped by the key of renewals
    left join terms on renewals.account_id = terms.account_id and renewals.renewed_on = terms.renewed_on

)

select * from final
