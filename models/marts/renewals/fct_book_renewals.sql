-- Grain: one row per csm_id (`unassigned` included) at as_of_date.
-- Why: one line per book: its peak, how unusual that is, and whether moving accounts could help.
with

quarters as (

    select * from {{ ref('fct_renewal_concentration') }}

),

peaks as (

    select * from {{ ref('int_books__renewal_peaks') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

null_peaks as (

    select * from {{ ref('int_books__null_peaks') }}

),

avoidable_caps as (

    select * from {{ ref('int_books__avoidable_caps') }}

),

book_quarters as (

    select
        quarters.csm_id,
        sum(quarters.renewal_share * quarters.renewal_share) as renewal_hhi,
        bool_or(quarters.is_over_warn) as is_over_warn,
        bool_or(quarters.is_over_cap) as is_over_cap

    from quarters
    where quarters.is_in_horizon
    group by quarters.csm_id

),

judged_books as (

    select
        book_quarters.*,
        peaks.peak_renewal_share,
        peaks.peak_quarter_start_date,
        weeks.week_end_date as as_of_date,
        -- with no ARR there is no peak that could be unusual
        case when peaks.peak_renewal_share is not null then null_peaks.null_percentile end as null_percentile,
        -- only a book over the cap has something to avoid
        case when book_quarters.is_over_cap then avoidable_caps.is_avoidable end as is_avoidable

    from book_quarters
    inner join peaks on book_quarters.csm_id = peaks.csm_id
    -- one week, so one peak of each book
    inner join weeks on peaks.week_start_date = weeks.week_start_date and weeks.is_latest
    left join null_peaks on book_quarters.csm_id = null_peaks.csm_id
    left join avoidable_caps on book_quarters.csm_id = avoidable_caps.csm_id

),

final as (

    select
        judged_books.csm_id,
        judged_books.peak_renewal_share,
        judged_books.peak_quarter_start_date,
        judged_books.renewal_hhi,
        judged_books.null_percentile,
        judged_books.is_over_warn,
        judged_books.is_over_cap,
        judged_books.is_avoidable,
        judged_books.as_of_date

    from judged_books

)

select * from final
