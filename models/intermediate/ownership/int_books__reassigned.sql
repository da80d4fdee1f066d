-- Grain: one row per csm_id and week_start_date in which an account came into or left the book by assignment.
-- Why: a book that was given or relieved was looked at; one that only grew heavier may not have been.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

spans as (

    select
        owned.csm_id,
        owned.from_week,
        owned.to_week,
        lag(owned.csm_id) over (partition by owned.account_id order by owned.from_week) as previous_csm_id,
        lead(owned.csm_id) over (partition by owned.account_id order by owned.from_week) as next_csm_id

    from owned

),

-- Two assignments to the same CSM in a row change nothing, and who churns leaves without an assignment.
changes as (

    select
        spans.csm_id,
        spans.from_week as week_start_date,
        1 as arrived_count,
        0 as departed_count

    from spans
    where spans.previous_csm_id is null or spans.previous_csm_id != spans.csm_id

    union all

    select
        spans.csm_id,
        spans.to_week as week_start_date,
        0 as arrived_count,
        1 as departed_count

    from spans
    where spans.next_csm_id != spans.csm_id

),

final as (

    select
        changes.csm_id,
        changes.week_start_date,
        cast(sum(changes.arrived_count) as bigint) as arrived_account_count,
        cast(sum(changes.departed_count) as bigint) as departed_account_count

    from changes
    group by changes.csm_id, changes.week_start_date

)

select * from final
