-- Grain: one row per csm_id whose book renews something within the horizon at as_of_date.
-- Why: a book of ten accounts trips the cap by luck in 31 of 100 cases; a peak means something only against that.
with

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

renewing as (

    select
        subscription_spans.csm_id,
        subscription_spans.subscription_id,
        subscription_spans.arr_usd,
        {{ quarters_between('weeks.quarter_start_date', fiscal_quarter_start('subscription_spans.ends_on')) }}
            as quarter_index,
        count(*) over () as subscription_count

    from subscription_spans
    inner join weeks
        on
            weeks.is_latest
            and subscription_spans.from_week <= weeks.week_start_date
            and subscription_spans.to_week > weeks.week_start_date
    where
        subscription_spans.ends_on is not null
        and {{ quarters_between('weeks.quarter_start_date', fiscal_quarter_start('subscription_spans.ends_on')) }}
        < {{ threshold('renewal_horizon_quarters') }}

),

draws as (

    {{ whole_numbers(1, threshold('renewal_null_draw_count')) }}

),

-- Draw 0 is the book as it is; every other draw puts each of those subscriptions into a random quarter. Very many
-- subscriptions are drawn less often each, or the cost would follow subscriptions times draws.
drawn as (

    select
        csm_id,
        0 as draw_number,
        quarter_index,
        arr_usd
    from renewing
    union all
    select
        renewing.csm_id,
        draws.whole_number as draw_number,
        {{ random_whole_number(
            [number_text(threshold('renewal_null_seed')), 'renewing.subscription_id', 'draws.whole_number'],
            threshold('renewal_horizon_quarters')
        ) }} as quarter_index,
        renewing.arr_usd
    from renewing
    cross join draws
    where
        draws.whole_number <= greatest(
            {{ threshold('renewal_null_minimum_draw_count') }},
            {{ threshold('renewal_null_total_draw_count') }} / renewing.subscription_count
        )

),

quarters as (

    select
        drawn.csm_id,
        drawn.draw_number,
        drawn.quarter_index,
        sum(drawn.arr_usd) as renewing_arr_usd
    from drawn
    group by drawn.csm_id, drawn.draw_number, drawn.quarter_index

),

peaks as (

    select
        quarters.csm_id,
        quarters.draw_number,
        {{ comparable('max(quarters.renewing_arr_usd)') }} as peak_arr_usd
    from quarters
    group by quarters.csm_id, quarters.draw_number

),

final as (

    select
        drawn_peaks.csm_id,
        count(*) as draw_count,
        -- an equal peak counts half: a book with one subscription is neither unusual nor usual
        avg(
            case
                when drawn_peaks.peak_arr_usd < observed_peaks.peak_arr_usd then 1.0
                when drawn_peaks.peak_arr_usd = observed_peaks.peak_arr_usd then 0.5
                else 0.0
            end
        ) as null_percentile

    from peaks as drawn_peaks
    inner join peaks as observed_peaks
        on drawn_peaks.csm_id = observed_peaks.csm_id and observed_peaks.draw_number = 0
    where drawn_peaks.draw_number > 0
    group by drawn_peaks.csm_id

)

select * from final
