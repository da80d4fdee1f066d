-- Grain: one row per csm_id whose book renews something within the horizon at as_of_date.
-- Why: a book of ten accounts trips the cap by luck in 31 of 100 cases; a peak means something only against that.
with

renewal_spans as (

    select * from {{ ref('int_renewals__owned') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

-- Very many subscriptions are drawn less often each, or the cost would follow subscriptions times draws.
renewing as (

    select
        renewal_spans.csm_id,
        renewal_spans.subscription_id,
        renewal_spans.arr_usd,
        {{ quarters_between('weeks.quarter_start_date', fiscal_quarter_start('renewal_spans.ends_on')) }}
            as quarter_index,
        least({{ threshold('renewal_null_draw_count') }}, greatest(
            {{ threshold('renewal_null_minimum_draw_count') }},
            {{ threshold('renewal_null_total_draw_count') }} / count(*) over ()
        )) as draw_count

    from renewal_spans
    inner join weeks
        on
            weeks.is_latest
            and renewal_spans.from_week <= weeks.week_start_date
            and renewal_spans.to_week > weeks.week_start_date
    where
        {{ quarters_between('weeks.quarter_start_date', fiscal_quarter_start('renewal_spans.ends_on')) }}
        < {{ threshold('renewal_horizon_quarters') }}

),

blocks as (

    {{ whole_numbers(0, threshold('renewal_null_draw_count') ~ ' / ' ~ draws_of_a_number()) }}

),

places as (

    {{ whole_numbers(0, draws_of_a_number() ~ ' - 1') }}

),

numbers as (

    select
        renewing.*,
        1 + {{ draws_of_a_number() }} * blocks.whole_number as draw_number,
        {{ random_number([number_text(threshold('renewal_null_seed')), 'subscription_id', 'whole_number']) }} as digits

    from renewing
    inner join blocks on renewing.draw_count > {{ draws_of_a_number() }} * blocks.whole_number

),

-- Draw 0 is the book as it is; every other draw puts each of those subscriptions into a random quarter.
drawn as (

    select
        csm_id,
        0 as draw_number,
        quarter_index,
        arr_usd
    from renewing
    union all
    select
        numbers.csm_id,
        numbers.draw_number + places.whole_number as draw_number,
        {{ drawn_digit('numbers.digits', 'places.whole_number', threshold('renewal_horizon_quarters')) }},
        numbers.arr_usd

    from numbers
    inner join places on numbers.draw_count >= numbers.draw_number + places.whole_number

),

quarters as (

    select
        drawn.csm_id,
        drawn.draw_number,
        sum(drawn.arr_usd) as renewing_arr_usd

    from drawn
    group by drawn.csm_id, drawn.draw_number, drawn.quarter_index

),

peaks as (

    select
        csm_id,
        draw_number,
        {{ comparable('max(renewing_arr_usd)') }} as peak_arr_usd

    from quarters
    group by csm_id, draw_number

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
