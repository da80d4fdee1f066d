-- Question: Which books have too much of their ARR renewing in one quarter?
-- Also: too many renewals in one quarter; renewal cliff; renewals pile up; over the renewal cap
-- Filters: csm
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
        renewals.subscription_count

    from renewals
    inner join csms on renewals.csm_id = csms.csm_id
    where renewals.is_over_cap
    order by renewals.quarter_start_date asc, renewals.renewal_share desc, renewals.csm_id asc

)

select * from final
