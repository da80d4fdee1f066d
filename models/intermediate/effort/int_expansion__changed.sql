-- Grain: one row per account_id and week_start_date from which its expansion level is another.
-- Why: an open expansion is work for the CSM, more so once an offer is on the table.
with

active as (

    select * from {{ ref('int_accounts__active') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

stage_changes as (

    select * from {{ ref('stg_crm__opportunity_stage_changes') }}

),

pipeline_stages as (

    select * from {{ ref('pipeline_stages') }}

),

observed as (

    select exists(select 1 from {{ ref('stg_crm__opportunities') }}) as has_opportunities

),

-- Each stage holds from its day to the next one's; before the first, the opportunity is open without a stage.
stage_days as (

    select
        stage_changes.opportunity_id,
        pipeline_stages.stage_order,
        pipeline_stages.expansion_level,
        stage_changes.entered_on as from_date,
        lead(stage_changes.entered_on) over (
            partition by stage_changes.opportunity_id order by stage_changes.entered_on
        ) as to_date

    from stage_changes
    inner join pipeline_stages on stage_changes.stage = pipeline_stages.stage

    union all

    select
        opportunities.opportunity_id,
        null as stage_order,
        'identified' as expansion_level,
        opportunities.created_on as from_date,
        min(stage_changes.entered_on) as to_date

    from opportunities
    left join stage_changes on opportunities.opportunity_id = stage_changes.opportunity_id
    group by opportunities.opportunity_id, opportunities.created_on

),

open_spans as (

    select
        opportunities.account_id,
        stage_days.stage_order,
        stage_days.expansion_level,
        {{ week_start('greatest(stage_days.from_date, opportunities.created_on)') }} as from_week,
        {{ week_start("least(
            coalesce(stage_days.to_date, cast('9999-12-31' as date)),
            coalesce(opportunities.closed_on, cast('9999-12-31' as date))
        )") }} as to_week

    from opportunities
    inner join stage_days on opportunities.opportunity_id = stage_days.opportunity_id
    where opportunities.opportunity_type = 'expansion' and opportunities.account_id is not null

),

measured_weeks as (

    {{ span_counts(['active'], {'open_count': 'open_spans'}) }}

),

measured as (

    select
        measured_weeks.account_id,
        measured_weeks.week_start_date,
        case
            when not bool_or(observed.has_opportunities) then 'unknown'
            when count(open_spans.account_id) = 0 then 'none'
            -- the furthest stage decides; one without a stage comes before all others
            else max_by(open_spans.expansion_level, coalesce(open_spans.stage_order, -1))
        end as level

    from measured_weeks
    cross join observed
    left join open_spans
        on
            measured_weeks.account_id = open_spans.account_id
            and measured_weeks.week_start_date >= open_spans.from_week
            and measured_weeks.week_start_date < open_spans.to_week
    group by measured_weeks.account_id, measured_weeks.week_start_date

),

final as (

    {{ changes_only('measured') }}

)

select * from final
