-- Grain: one row per account_id and week_start_date from which its lifecycle stage is another.
-- Why: the stage on record decides; tenure and renewal dates stand in only until there is one.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

stage_changes as (

    select * from {{ ref('stg_crm__lifecycle_stage_changes') }}

),

renewing as (

    select * from {{ ref('int_subscriptions__renewing') }}

),

onboarding_spans as (

    select
        active.account_id,
        {{ week_start('active.customer_since') }} as from_week,
        {{ week_start(days_after('active.customer_since', threshold('onboarding_days'))) }} as to_week

    from active

),

renewal_days as (

    select
        renewing.account_id,
        renewing.to_day as to_date,
        greatest(
            renewing.from_day, {{ days_after('renewing.ends_on', '-' ~ threshold('renewal_window_days')) }}
        ) as from_date

    from renewing

),

renewal_spans as (

    select
        renewal_days.account_id,
        {{ week_start('renewal_days.from_date') }} as from_week,
        {{ week_start('renewal_days.to_date') }} as to_week

    from renewal_days
    where renewal_days.from_date < renewal_days.to_date

),

-- Of several stages entered in a week, the one at its end holds.
stages_at_week_end as (

    select
        stage_changes.account_id,
        {{ week_start('stage_changes.entered_on') }} as from_week,
        max_by(stage_changes.lifecycle_stage, stage_changes.entered_on) as lifecycle_stage

    from stage_changes
    group by stage_changes.account_id, {{ week_start('stage_changes.entered_on') }}

),

counts as (

    {{ span_counts(
        ['active', 'stages_at_week_end'],
        {'onboarding_count': 'onboarding_spans', 'renewal_count': 'renewal_spans'}
    ) }}

),

measured as (

    select
        counts.account_id,
        counts.week_start_date,
        coalesce(
            {{ last_known('stages_at_week_end.lifecycle_stage', 'counts.account_id', 'counts.week_start_date') }},
            case
                when counts.onboarding_count > 0 then 'onboarding'
                when counts.renewal_count > 0 then 'renewal'
                else 'steady'
            end
        ) as level

    from counts
    left join stages_at_week_end
        on
            counts.account_id = stages_at_week_end.account_id
            and counts.week_start_date = stages_at_week_end.from_week

),

final as (

    {{ changes_only('measured') }}

)

select * from final
