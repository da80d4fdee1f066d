-- Grain: one row per csm_id and week_start_date with enough weekly means of sentiment to look back on.
-- Why: where conversations are going; a window over slopes costs a multiple of a sum over what it looks back on.
with

csm_weeks as (

    select * from {{ ref('int_csm_weeks__engaged') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

weeks_back as (

    {{ whole_numbers(0, threshold('slope_weeks') ~ ' - 1') }}

),

-- A week is shown to each of the weeks that look back on it, a dozen, and grouped back.
shown as (

    select
        csm_weeks.csm_id,
        csm_weeks.mean_sentiment_score,
        -weeks_back.whole_number as week_number,
        {{ days_after('csm_weeks.week_start_date', '7 * weeks_back.whole_number') }} as week_start_date

    from csm_weeks
    cross join weeks_back
    where csm_weeks.mean_sentiment_score is not null

),

final as (

    select
        shown.csm_id,
        shown.week_start_date,
        regr_slope(shown.mean_sentiment_score, shown.week_number) as sentiment_slope

    from shown
    inner join weeks on shown.week_start_date = weeks.week_start_date
    group by shown.csm_id, shown.week_start_date
    -- two weekly means are always a line
    having count(*) >= {{ threshold('slope_minimum_count') }}

)

select * from final
