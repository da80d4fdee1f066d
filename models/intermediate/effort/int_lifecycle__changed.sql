-- Grain: one row per account_id and week_start_date from which its lifecycle stage may be another.
-- Why: the stage on record decides; tenure and renewal dates stand in only until there is one.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

stage_changes as (

    select * from {{ ref('stg_crm__lifecycle_stage_changes') }}

),

subscriptions as (

    select * from {{ ref('stg_crm__subscriptions') }}

),

onboarding_ends as (

    select
        active.account_id,
        {{ week_start(days_after('active.customer_since', threshold('onboarding_days'))) }} as week_start_date

    from active

),

renewal_days as (

    select
        subscriptions.account_id,
        greatest(
            subscriptions.starts_on,
            {{ days_after('subscriptions.ends_on', '-' ~ threshold('renewal_window_days')) }}
        ) as from_date,
        least(subscriptions.ends_on, coalesce(subscriptions.cancelled_on, subscriptions.ends_on)) as to_date

    from subscriptions
    where subscriptions.ends_on is not null

),

-- Of several stages entered in a week, the one at its end holds.
stages_at_week_end as (

    select
        stage_changes.account_id,
        {{ week_start('stage_changes.entered_on') }} as week_start_date,
        max_by(stage_changes.lifecycle_stage, stage_changes.entered_on) as lifecycle_stage

    from stage_changes
    group by stage_changes.account_id, {{ week_start('stage_changes.entered_on') }}

),

changes as (

    select
        account_id,
        from_week as week_start_date,
        null as lifecycle_stage,
        0 as onboarding_end_delta,
        0 as renewal_delta
    from active
    union all
    select account_id, week_start_date, lifecycle_stage, 0, 0 from stages_at_week_end
    union all
    select account_id, week_start_date, null, 1, 0 from onboarding_ends
    union all
    select account_id, {{ week_start('from_date') }}, null, 0, 1 from renewal_days where from_date < to_date
    union all
    select account_id, {{ week_start('to_date') }}, null, 0, -1 from renewal_days where from_date < to_date

),

changed_weeks as (

    select
        changes.account_id,
        changes.week_start_date,
        max(changes.lifecycle_stage) as lifecycle_stage,
        sum(changes.onboarding_end_delta) as onboarding_end_delta,
        sum(changes.renewal_delta) as renewal_delta

    from changes
    group by changes.account_id, changes.week_start_date

),

final as (

    select
        changed_weeks.account_id,
        changed_weeks.week_start_date,
        case
            when {{ last_known('changed_weeks.lifecycle_stage', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} is not null
                then {{ last_known('changed_weeks.lifecycle_stage', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }}
            when {{ running_sum('changed_weeks.onboarding_end_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} = 0
                then 'onboarding'
            when {{ running_sum('changed_weeks.renewal_delta', 'changed_weeks.account_id', 'changed_weeks.week_start_date') }} > 0
                then 'renewal'
            else 'steady'
        end as level

    from changed_weeks

)

select * from final
