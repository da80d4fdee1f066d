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

red_books as (

    select * from {{ ref('int_books__red') }}

),

health_scores as (

    select * from {{ ref('stg_crm__health_scores') }}

),

account_effort as (

    select * from {{ ref('fct_account_effort') }}

),

renewing as (

    select * from {{ ref('int_book_quarters__renewing') }}

),

observed as (

    select exists(select 1 from health_scores) as has_health_scores

),

onboarding_per_book as (

    select
        account_effort.csm_id,
        account_effort.week_start_date,
        count(*) as onboarding_account_count

    from account_effort
    where account_effort.lifecycle_level = 'onboarding'
    group by account_effort.csm_id, account_effort.week_start_date

),

peaks as (

    select
        renewing.csm_id,
        renewing.week_start_date,
        max(renewing.renewing_arr_usd) as peak_arr_usd

    from renewing
    where renewing.quarters_ahead_count < {{ threshold('renewal_horizon_quarters') }}
    group by renewing.csm_id, renewing.week_start_date

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        books.account_count,
        books.arr_usd,
        -- without health scores red is not observed; with them, a book without a red account has none
        case when observed.has_health_scores then coalesce(red_books.red_account_count, 0) end as red_account_count,
        case when observed.has_health_scores then coalesce(red_books.red_arr_usd, 0) end as red_arr_usd,
        coalesce(onboarding_per_book.onboarding_account_count, 0) as onboarding_account_count,
        -- nothing that renews is an observed peak of none
        {{ ratio('coalesce(peaks.peak_arr_usd, 0)', 'books.arr_usd') }} as peak_renewal_share,
        case
            when {{ comparable('books.arr_usd') }} < {{ comparable('bands.minimum_arr_usd * capacity.fte') }}
                then 'below'
            when {{ comparable('books.arr_usd') }} > {{ comparable('bands.maximum_arr_usd * capacity.fte') }}
                then 'above'
            when bands.motion is not null then 'within'
        end as arr_band,
        case
            when books.account_count < {{ comparable('bands.minimum_account_count * capacity.fte') }} then 'below'
            when books.account_count > {{ comparable('bands.maximum_account_count * capacity.fte') }} then 'above'
            when bands.motion is not null then 'within'
        end as account_band

    from books
    cross join observed
    left join capacity on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    left join bands on capacity.motion = bands.motion
    left join red_books on books.csm_id = red_books.csm_id and books.week_start_date = red_books.week_start_date
    left join onboarding_per_book
        on
            books.csm_id = onboarding_per_book.csm_id
            and books.week_start_date = onboarding_per_book.week_start_date
    left join peaks on books.csm_id = peaks.csm_id and books.week_start_date = peaks.week_start_date

)

select * from final
