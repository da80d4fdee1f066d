-- Question: Which renewal peaks could be brought under the cap by exchanging accounts?
-- Also: renewal peaks we could avoid; which renewals could be swapped
-- Filters: csm
with

renewals as (

    select * from {{ ref('fct_book_renewals') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        renewals.csm_id,
        csms.csm_name,
        renewals.peak_quarter_start_date,
        renewals.peak_renewal_share,
        renewals.renewal_hhi,
        renewals.null_percentile

    from renewals
    inner join csms on renewals.csm_id = csms.csm_id
    where renewals.is_avoidable
    order by renewals.peak_renewal_share desc, renewals.csm_id asc

)

select * from final
