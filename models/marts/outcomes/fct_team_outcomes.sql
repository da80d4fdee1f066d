-- Grain: one row per scope, team and week_start_date, from the week in which the team has its first CSM.
-- Why: a ratio of sums, in which each book weighs what it holds; a mean of the CSMs' ratios would be another number.
with

csms as (

    select * from {{ ref('int_csms__grouped') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

retained as (

    select * from {{ ref('int_books__retained') }}

),

surveyed as (

    select * from {{ ref('int_books__surveyed') }}

),

teams as (

    select
        csms.scope,
        csms.team,
        weeks.week_start_date,
        {{ summed_outcomes() }}

    from csms
    inner join weeks on csms.from_week <= weeks.week_start_date
    left join retained
        on csms.csm_id = retained.csm_id and weeks.week_start_date = retained.week_start_date
    left join surveyed
        on csms.csm_id = surveyed.csm_id and weeks.week_start_date = surveyed.week_start_date
    group by csms.scope, csms.team, weeks.week_start_date

),

final as (

    select
        teams.scope,
        teams.team,
        teams.week_start_date,
        {{ outcome_measures('teams') }}

    from teams

)

select * from final
