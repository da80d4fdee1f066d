-- Question: Which pairs of books hold the same number of accounts and differ most in the work they ask for?
-- Also: same number of accounts but different work; why an account count misleads; compare books of equal size
with

loads as (

    select * from {{ ref('fct_csm_load') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

latest_books as (

    select
        loads.csm_id,
        loads.account_count,
        loads.effort_hours

    from loads
    inner join weeks on loads.week_start_date = weeks.week_start_date
    where
        weeks.is_latest
        and loads.csm_id != 'unassigned'
        and loads.account_count > 0

),

final as (

    select
        heavier.csm_id as heavier_csm_id,
        lighter.csm_id as lighter_csm_id,
        heavier.account_count,
        heavier.effort_hours as heavier_effort_hours,
        lighter.effort_hours as lighter_effort_hours,
        heavier.effort_hours - lighter.effort_hours as difference_hours

    from latest_books as heavier
    inner join latest_books as lighter
        on
            heavier.account_count = lighter.account_count
            and heavier.effort_hours > lighter.effort_hours
    order by difference_hours desc, heavier_csm_id asc, lighter_csm_id asc

)

select * from final
