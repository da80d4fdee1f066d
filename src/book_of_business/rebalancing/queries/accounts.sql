-- One row per active account on the Sunday: who owns it, what it needs, and how far the owner and it have come.
with

clock as (

    select
        as_of_date,
        latest_week_start_date

    from intermediate.int_clock

),

limits as (

    select
        max(value) filter (where rule = 'new_days') as new_days,
        max(value) filter (where rule = 'engaged_days') as engaged_days,
        max(value) filter (where rule = 'locked_renewal_days') as locked_renewal_days,
        max(value) filter (where rule = 'locked_moved_days') as locked_moved_days

    from rules

),

efforts as (

    select efforts.*
    from marts.fct_account_effort as efforts
    inner join clock on efforts.week_start_date = clock.latest_week_start_date

),

assignments as (

    select
        assignments.account_id,
        assignments.csm_id,
        assignments.assigned_on,
        lag(assignments.csm_id) over (
            partition by assignments.account_id order by assignments.assigned_on
        ) as earlier_csm_id

    from staging.stg_crm__account_assignments as assignments
    inner join clock on assignments.assigned_on <= clock.as_of_date

),

-- since when the present owner has it, and whether somebody else had it before
owned_since as (

    select
        account_id,
        max(assigned_on) as owned_since_on

    from assignments
    where earlier_csm_id is distinct from csm_id
    group by account_id

),

owners_before as (

    select
        assignments.account_id,
        bool_or(assignments.csm_id != customers.csm_id) as has_had_another_owner

    from assignments
    inner join marts.dim_accounts as customers on assignments.account_id = customers.account_id
    group by assignments.account_id

),

meetings as (

    select
        interactions.account_id,
        max(interactions.started_on) as met_on,
        max(interactions.started_on) filter (where interactions.csm_id = customers.csm_id) as met_owner_on

    from intermediate.int_interactions__completed as interactions
    inner join marts.dim_accounts as customers on interactions.account_id = customers.account_id
    cross join clock
    where
        interactions.is_meaningful
        and interactions.started_on <= clock.as_of_date
    group by interactions.account_id

),

open_risks as (

    select
        account_id,
        count(*) as open_risk_count

    from marts.fct_risk_episodes
    where outcome = 'open'
    group by account_id

),

open_escalations as (

    select tickets.account_id
    from staging.stg_support__tickets as tickets
    cross join clock
    where
        tickets.escalated_at <= clock.as_of_date + 1
        and (tickets.resolved_at is null or tickets.resolved_at > clock.as_of_date + 1)
    group by tickets.account_id

),

cadences as (

    select
        segment,
        sum(touches_per_quarter) as required_touch_count,
        sum(touches_per_quarter * hours_per_touch) as required_hours_per_quarter

    from reference.touch_cadences
    group by segment

),

final as (

    select
        customers.account_id,
        customers.account_name,
        customers.csm_id,
        customers.segment,
        customers.industry,
        customers.region,
        customers.language,
        customers.next_renewal_on,
        owned_since.owned_since_on,
        meetings.met_on,
        meetings.met_owner_on,
        coalesce(customers.arr_usd, 0) as arr_usd,
        coalesce(efforts.effort_hours, 0) as effort_hours,
        coalesce(health.is_red, false) as is_red,
        coalesce(efforts.lifecycle_level = 'onboarding', false) as is_onboarding,
        coalesce(cadences.required_touch_count, 0) as required_touch_count,
        coalesce(cadences.required_hours_per_quarter, 0) / (lengths.value / 7) as required_hours_per_week,
        coalesce(open_risks.open_risk_count, 0) as open_risk_count,
        case
            when customers.csm_id = 'unassigned' then 'new'
            when
                clock.as_of_date - owned_since.owned_since_on < limits.new_days
                and (meetings.met_owner_on is null or meetings.met_owner_on < owned_since.owned_since_on)
                then 'new'
            when
                (coalesce(health.is_red, false) or open_risks.open_risk_count is not null)
                and (meetings.met_on is null or clock.as_of_date - meetings.met_on >= limits.engaged_days)
                then 'at_risk_not_engaged'
            else 'established'
        end as relationship_class,
        case
            when customers.csm_id = 'unassigned' then null
            when open_escalations.account_id is not null then 'an escalation is open'
            when
                customers.next_renewal_on - clock.as_of_date between 0 and limits.locked_renewal_days
                then 'it renews within ' || cast(limits.locked_renewal_days as integer) || ' days'
            when
                owners_before.has_had_another_owner
                and clock.as_of_date - owned_since.owned_since_on < limits.locked_moved_days
                then 'it was moved less than ' || cast(limits.locked_moved_days as integer) || ' days ago'
        end as lock_reason

    from marts.dim_accounts as customers
    cross join clock
    cross join limits
    inner join reference.thresholds as lengths on lengths.threshold = 'quarter_days'
    left join efforts on customers.account_id = efforts.account_id
    left join owned_since on customers.account_id = owned_since.account_id
    left join owners_before on customers.account_id = owners_before.account_id
    left join meetings on customers.account_id = meetings.account_id
    left join intermediate.int_accounts__health as health on customers.account_id = health.account_id
    left join open_risks on customers.account_id = open_risks.account_id
    left join open_escalations on customers.account_id = open_escalations.account_id
    left join cadences on customers.segment = cadences.segment
    where customers.is_active
    order by customers.account_id asc

)

select * from final
