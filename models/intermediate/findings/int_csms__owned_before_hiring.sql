-- Grain: one row per csm_id that owned accounts or held conversations in a measured week before the one of being hired.
-- Why: a rehired person keeps an old id and gets a new date: accounts of the years before count as nobody's.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

assignments as (

    select * from {{ ref('stg_crm__account_assignments') }}

),

active as (

    select * from {{ ref('int_accounts__active') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

observed as (

    select * from {{ ref('int_interactions__observed') }}

),

-- Ownership is that of Sundays: from the week of the first day to that of the end, exclusive.
owned as (

    select
        assignments.csm_id,
        min(assignments.assigned_on) as earliest_assigned_on,
        count(*) as assignment_count,
        count(distinct assignments.account_id) as account_count

    from assignments
    inner join csms on assignments.csm_id = csms.csm_id
    inner join active on assignments.account_id = active.account_id
    where
        greatest({{ week_start('assignments.assigned_on') }}, active.from_week)
        < least(
            {{ week_start('csms.hired_on') }},
            coalesce({{ week_start('assignments.unassigned_on') }}, active.to_week),
            active.to_week
        )
    group by assignments.csm_id

),

held as (

    select
        interactions.csm_id,
        min(interactions.started_on) as earliest_interaction_on,
        count(*) as interaction_count

    from interactions
    inner join csms on interactions.csm_id = csms.csm_id
    where {{ week_start('interactions.started_on') }} < {{ week_start('csms.hired_on') }}
    group by interactions.csm_id

),

final as (

    select
        csms.csm_id,
        csms.hired_on,
        owned.earliest_assigned_on,
        held.earliest_interaction_on,
        -- whoever owned nothing then is observed to have owned none
        coalesce(owned.assignment_count, 0) as assignment_count,
        coalesce(owned.account_count, 0) as account_count,
        -- where any interaction is on file, whoever held none then is observed to have held none
        case when observed.has_interactions then coalesce(held.interaction_count, 0) end as interaction_count

    from csms
    cross join observed
    left join owned on csms.csm_id = owned.csm_id
    left join held on csms.csm_id = held.csm_id
    where owned.csm_id is not null or held.csm_id is not null

)

select * from final
