-- Grain: one row per csm_id whose segments renew something within the horizon at as_of_date.
-- Why: a peak that its whole segment shares cannot be moved away; one that the other books lack can.
with

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

renewal_spans as (

    select * from {{ ref('int_renewals__owned') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

current_subscriptions as (

    select
        subscription_spans.csm_id,
        subscription_spans.segment,
        subscription_spans.arr_usd,
        case
            when renewal_spans.ends_on is not null
                then {{ quarters_between('weeks.quarter_start_date', fiscal_quarter_start('renewal_spans.ends_on')) }}
        end as quarter_index

    from subscription_spans
    inner join weeks
        on
            weeks.is_latest
            and subscription_spans.from_week <= weeks.week_start_date
            and subscription_spans.to_week > weeks.week_start_date
    -- one span at most holds in the week; a line without one renews in no quarter
    left join renewal_spans
        on
            subscription_spans.subscription_id = renewal_spans.subscription_id
            and weeks.week_start_date >= renewal_spans.from_week
            and weeks.week_start_date < renewal_spans.to_week

),

segment_arr as (

    select
        current_subscriptions.segment,
        sum(current_subscriptions.arr_usd) as arr_usd

    from current_subscriptions
    group by current_subscriptions.segment

),

segment_shares as (

    select
        current_subscriptions.segment,
        current_subscriptions.quarter_index,
        sum(current_subscriptions.arr_usd) / nullif(max(segment_arr.arr_usd), 0) as renewal_share

    from current_subscriptions
    inner join segment_arr on current_subscriptions.segment = segment_arr.segment
    where current_subscriptions.quarter_index < {{ threshold('renewal_horizon_quarters') }}
    group by current_subscriptions.segment, current_subscriptions.quarter_index

),

book_segments as (

    select
        current_subscriptions.csm_id,
        current_subscriptions.segment,
        sum(current_subscriptions.arr_usd) as arr_usd,
        sum(sum(current_subscriptions.arr_usd)) over (partition by current_subscriptions.csm_id) as book_arr_usd

    from current_subscriptions
    group by current_subscriptions.csm_id, current_subscriptions.segment

),

-- What the book would show if its accounts of each segment renewed like those of the whole segment: no exchange
-- within segments can bring every book below that.
shares_after_exchange as (

    select
        book_segments.csm_id,
        segment_shares.quarter_index,
        sum(book_segments.arr_usd * segment_shares.renewal_share)
        / nullif(max(book_segments.book_arr_usd), 0) as renewal_share

    from book_segments
    inner join segment_shares on book_segments.segment = segment_shares.segment
    group by book_segments.csm_id, segment_shares.quarter_index

),

final as (

    select
        shares_after_exchange.csm_id,
        max(shares_after_exchange.renewal_share) as peak_renewal_share_after_exchange,
        {{ comparable('max(shares_after_exchange.renewal_share)') }}
        <= {{ threshold('renewal_cap_share') }} as is_avoidable

    from shares_after_exchange
    group by shares_after_exchange.csm_id

)

select * from final
