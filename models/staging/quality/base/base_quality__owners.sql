-- Grain: one row per account_id that has an assignment.
-- Why: whose book a value lies in has to be known before rows are judged; the latest assignment received tells.
with

assignments as (

    {{ raw_columns('crm', 'account_assignments', ['account_id', 'csm_id', 'assigned_on']) }}

),

final as (

    select
        assignments.account_id,
        max_by(assignments.csm_id, assignments.assigned_on) as csm_id

    from assignments
    group by assignments.account_id

)

select * from final
