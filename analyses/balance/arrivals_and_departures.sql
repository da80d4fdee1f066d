-- Question: How many accounts came into and left each book over the last weeks?
-- Also: how many accounts were handed over; changes of ownership; accounts reassigned lately; who got new accounts
-- Filters: csm, team
-- Parameter: weeks, 1 to 520: complete weeks to look back
with

drifts as (

    select * from {{ ref('fct_book_drift') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        drifts.csm_id,
        csms.csm_name,
        sum(drifts.arrived_account_count) as arrived_account_count,
        sum(drifts.departed_account_count) as departed_account_count

    from drifts
    inner join weeks on drifts.week_start_date = weeks.week_start_date
    inner join csms on drifts.csm_id = csms.csm_id
    where weeks.weeks_ago < {{ parameter('weeks', 13) }}
    group by drifts.csm_id, csms.csm_name
    order by csms.csm_name asc, drifts.csm_id asc

)

select * from final
