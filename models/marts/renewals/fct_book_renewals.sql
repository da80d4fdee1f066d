-- Grain: one row per csm_id (`unassigned` included) at as_of_date.
-- Why: one line per book: its peak, how unusual that is, and whether moving accounts could help.
with

quarters as (

    select * from {{ ref('fct_renewal_concentration') }}

),

null_peaks as (

    select * from {{ ref('int_books__null_peaks') }}

),

avoidable_caps as (

    select * from {{ ref('int_books__avoidable_caps') }}

),

-- Of equal peaks the earliest.
ranked_quarters as (

    select
        quarters.*,
        row_number() over (
            partition by quarters.csm_id
            order by {{ comparable('quarters.renewal_share') }} desc, quarters.quarter_start_date
        ) as peak_rank

    from quarters
    where quarters.is_in_horizon

),

book_peaks as (

    select
        ranked_quarters.csm_id,
        max(case when ranked_quarters.peak_rank = 1 then ranked_quarters.renewal_share end) as peak_renewal_share,
        max(
            case
                when ranked_quarters.peak_rank = 1 and ranked_quarters.renewal_share is not null
                    then ranked_quarters.quarter_start_date
            end
        ) as peak_quarter_start_date,
        sum(ranked_quarters.renewal_share * ranked_quarters.renewal_share) as renewal_hhi,
        bool_or(ranked_quarters.is_over_warn) as is_over_warn,
        bool_or(ranked_quarters.is_over_cap) as is_over_cap

    from ranked_quarters
    group by ranked_quarters.csm_id

),

judged_books as (

    select
        book_peaks.*,
        -- with no ARR there is no peak that could be unusual
        case when book_peaks.peak_renewal_share is not null then null_peaks.null_percentile end as null_percentile,
        -- only a book over the cap has something to avoid
        case when book_peaks.is_over_cap then avoidable_caps.is_avoidable end as is_avoidable

    from book_peaks
    left join null_peaks on book_peaks.csm_id = null_peaks.csm_id
    left join avoidable_caps on book_peaks.csm_id = avoidable_caps.csm_id

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
        judged_books.is_avoidable

    from judged_books

)

select * from final
