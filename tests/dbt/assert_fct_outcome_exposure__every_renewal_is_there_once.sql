-- Every renewal on record by as_of_date is in the mart exactly once: an inner join would lose an account without a book
-- then, and an account with two spans in a week would count twice.
with

exposure as (

    select * from {{ ref('fct_outcome_exposure') }}

),

renewals as (

    select * from {{ ref('stg_outcomes__renewals') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

published as (

    select
        exposure.account_id,
        exposure.outcome_on,
        count(*) as row_count

    from exposure
    where exposure.outcome_type = 'renewal'
    group by exposure.account_id, exposure.outcome_on

),

known as (

    select
        renewals.account_id,
        renewals.renewed_on

    from renewals
    inner join clock on renewals.renewed_on <= clock.as_of_date

),

final as (

    select
        known.account_id,
        known.renewed_on,
        published.outcome_on,
        published.row_count

    from known
    full outer join published on known.account_id = published.account_id and known.renewed_on = published.outcome_on
    where known.account_id is null or published.row_count is null or published.row_count != 1

)

select * from final
