-- Grain: one row per scope, team and week_start_date, from the week in which the team has its first CSM.
-- Why: ratios of sums, in which each book weighs what it holds; a mean of the CSMs' ratios would be another number.
{% set counts = [
    'counted_interaction_count', 'sentiment_interaction_count', 'action_item_count', 'interaction_count',
    'scored_interaction_count',
] %}
{% set held_columns = ['effort_hours', 'target_capacity_hours', 'account_count', 'unmonitored_account_count'] %}
with

scorecards as (

    select * from {{ ref('fct_csm_scorecard') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

coverage as (

    select * from {{ ref('fct_csm_coverage') }}

),

csms as (

    select * from {{ ref('int_csms__grouped') }}

),

outcomes as (

    select * from {{ ref('fct_team_outcomes') }}

),

-- Risks of accounts that nobody owns, or whose owner has left, are the team's too: they stand in no CSM's scorecard.
detection as (

    select * from {{ ref('fct_team_risk_detection') }}

),

-- What nobody owns asks for work and goes untouched too, though `unassigned` has no scorecard.
held as (

    select
        csms.scope,
        csms.team,
        loads.week_start_date,
        sum(loads.effort_hours) as effort_hours,
        sum(loads.target_capacity_hours) as target_capacity_hours,
        {{ counts_of('coverage', ['account_count', 'unmonitored_account_count']) }}

    from csms
    inner join loads on csms.csm_id = loads.csm_id
    inner join coverage on loads.csm_id = coverage.csm_id and loads.week_start_date = coverage.week_start_date
    group by csms.scope, csms.team, loads.week_start_date

),

done as (

    select
        csms.scope,
        csms.team,
        scorecards.week_start_date,
        sum(scorecards.throughput_ceiling_count) as throughput_ceiling_count,
        sum(scorecards.mean_sentiment_score * scorecards.sentiment_interaction_count) as sentiment_score,
        sum(scorecards.mean_quality_score * scorecards.scored_interaction_count) as quality_score,
        {{ counts_of('scorecards', counts) }}

    from csms
    inner join scorecards on csms.csm_id = scorecards.csm_id
    group by csms.scope, csms.team, scorecards.week_start_date

),

measured as (

    select
        outcomes.scope,
        outcomes.team,
        outcomes.week_start_date,
        {{ qualified('held', held_columns) }},
        done.throughput_ceiling_count,
        {{ qualified('outcomes', outcome_columns()) }},
        {{ qualified('detection', detection_columns()) }},
        {{ qualified('done', counts) }},
        case
            when {{ comparable('held.target_capacity_hours') }} > 0
                then held.effort_hours / held.target_capacity_hours
        end as load_ratio,
        {{ ratio('done.sentiment_score', 'done.sentiment_interaction_count') }} as mean_sentiment_score,
        {{ ratio('done.action_item_count', 'done.interaction_count') }} as follow_up_density,
        {{ ratio('held.unmonitored_account_count', 'held.account_count') }} as unmonitored_ratio,
        {{ ratio('done.quality_score', 'done.scored_interaction_count') }} as mean_quality_score

    from outcomes
    {% for part in ['held', 'done', 'detection'] %}
        left join {{ part }}
            on
                outcomes.scope = {{ part }}.scope
                and outcomes.team = {{ part }}.team
                and outcomes.week_start_date = {{ part }}.week_start_date
    {% endfor %}

),

final as (

    {{ metric_trends('measured', ['scope', 'team']) }}

)

select * from final
