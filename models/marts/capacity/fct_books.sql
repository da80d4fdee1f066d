-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: accounts and ARR always together, against the band of the motion.
with

books as (

    select * from {{ ref('int_books__weeks') }}

),

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

bands as (

    select * from {{ ref('book_size_bands') }}

),

risk as (

    select * from {{ ref('int_books__risk_stacked') }}

),

effort as (

    select * from {{ ref('int_books__effort') }}

),

peaks as (

    select * from {{ ref('int_books__renewal_peaks') }}

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        books.arr_usd,
        risk.red_account_count,
        risk.red_arr_usd,
        risk.red_arr_share,
        -- a book without such an account has none
        coalesce(effort.onboarding_account_count, 0) as onboarding_account_count,
        peaks.peak_renewing_arr_usd,
        peaks.peak_renewal_share,
        risk.expected_churn_count,
        risk.churn_exposure_ratio,
        risk.risk_stacking_threshold_count,
        risk.is_risk_stacked,
        case
            when {{ comparable('books.arr_usd') }} < {{ comparable('bands.minimum_arr_usd * capacity.fte') }}
                then 'below'
            when {{ comparable('books.arr_usd') }} > {{ comparable('bands.maximum_arr_usd * capacity.fte') }}
                then 'above'
            when bands.motion is not null and books.arr_usd is not null then 'within'
        end as arr_band,
        case
            when books.account_count < {{ comparable('bands.minimum_account_count * capacity.fte') }} then 'below'
            when books.account_count > {{ comparable('bands.maximum_account_count * capacity.fte') }} then 'above'
            when bands.motion is not null then 'within'
        end as account_band

    from books
    -- both have a row for each book and week
    inner join risk on books.csm_id = risk.csm_id and books.week_start_date = risk.week_start_date
    inner join peaks on books.csm_id = peaks.csm_id and books.week_start_date = peaks.week_start_date
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    left join bands on capacity.motion = bands.motion
    left join effort on books.csm_id = effort.csm_id and books.week_start_date = effort.week_start_date

)

select * from final
