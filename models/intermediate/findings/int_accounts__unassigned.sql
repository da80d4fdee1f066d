-- Grain: one row per account_id that is active and that nobody employed owns at as_of_date.
-- Why: what lies in no book is work for somebody: the reason says whether to fix the export or to name an owner.
with

paying as (

    select * from {{ ref('int_accounts__paying') }}

),

assignments as (

    select * from {{ ref('stg_crm__account_assignments') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

unassigned as (

    select
        paying.account_id,
        paying.arr_usd,
        clock.as_of_date

    from paying
    cross join clock
    where paying.csm_id = 'unassigned'

),

-- The accepted spans of an account do not overlap: one at most holds on the day.
assigned as (

    select
        unassigned.account_id,
        max(assignments.assigned_on) as latest_assigned_on,
        bool_or(coalesce(assignments.unassigned_on > unassigned.as_of_date, true)) as is_assigned,
        bool_or(
            coalesce(assignments.unassigned_on > unassigned.as_of_date, true) and csms.left_on <= unassigned.as_of_date
        ) as has_owner_left

    from unassigned
    inner join assignments
        on unassigned.account_id = assignments.account_id and unassigned.as_of_date >= assignments.assigned_on
    inner join csms on assignments.csm_id = csms.csm_id
    group by unassigned.account_id

),

-- The last part of the key is the day of assignment; several rows of an account may have been rejected.
rejected as (

    select
        regexp_replace(faults.row_key, '[|][^|]*$', '') as account_id,
        max(coalesce(faults.matters_from, clock.as_of_date)) as latest_rejected_on

    from {{ ref('int_raw_faults') }} as faults
    cross join clock
    where faults.table_name = 'account_assignments' and coalesce(faults.matters_from <= clock.as_of_date, true)
    group by regexp_replace(faults.row_key, '[|][^|]*$', '')

),

final as (

    select
        unassigned.account_id,
        unassigned.arr_usd,
        case
            when assigned.has_owner_left then 'owner_left'
            when assigned.is_assigned then 'owner_not_yet_hired'
            when rejected.latest_rejected_on >= coalesce(assigned.latest_assigned_on, rejected.latest_rejected_on)
                then 'assignment_rejected'
            when assigned.account_id is not null then 'assignment_ended'
            else 'no_assignment'
        end as reason

    from unassigned
    left join assigned on unassigned.account_id = assigned.account_id
    left join rejected on unassigned.account_id = rejected.account_id

)

select * from final
