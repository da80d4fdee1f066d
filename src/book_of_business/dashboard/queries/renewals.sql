-- One row per book and quarter of the horizon: ARR that renews, and its share of the book.
-- Question: renewal_calendar
select
    renewals.csm_id,
    csms.csm_name,
    csms.team,
    csms.motion,
    renewals.quarter_start_date,
    renewals.renewing_arr_usd,
    renewals.book_arr_usd,
    renewals.renewal_share,
    renewals.subscription_count,
    renewals.is_over_warn,
    renewals.is_over_cap

from marts.fct_renewal_concentration as renewals
left join marts.dim_csms as csms on renewals.csm_id = csms.csm_id
where
    renewals.is_in_horizon
    and renewals.book_arr_usd > 0
order by csms.csm_name asc nulls last, renewals.csm_id asc, renewals.quarter_start_date asc
