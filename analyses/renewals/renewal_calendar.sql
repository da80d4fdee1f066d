-- Question: How much ARR renews in each book and quarter?
-- Also: renewals of each book by quarter
-- Also: renewal calendar; renewals by quarter; when do the renewals of a book fall due; renewal concentration
-- Filters: csm, team
with

renewals as (

    select * from {{ ref('fct_renewal_concentration') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        renewals.csm_id,
        csms.csm_name,
        renewals.quarter_start_date,
        renewals.renewing_arr_usd,
        renewals.book_arr_usd,
        renewals.renewal_share,
        renewals.subscription_count,
        renewals.is_over_cap

    from renewals
    inner join csms on renewals.csm_id = csms.csm_id
    where renewals.is_in_horizon
    order by csms.csm_name asc, renewals.csm_id asc, renewals.quarter_start_date asc

)

select * from final
