-- The organisation has a row every week, and the work, ARR and answers of the teams, of CSMs without a team and of
-- `unassigned` add up to it. Otherwise somebody counts in no team, or in two.
with

scorecard as (

    select * from {{ ref('fct_team_scorecard') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

parts as (

    select
        scorecard.week_start_date,
        sum(scorecard.effort_hours) as effort_hours,
        sum(scorecard.account_count) as account_count,
        sum(scorecard.opening_arr_usd) as opening_arr_usd,
        sum(scorecard.nps_response_count) as nps_response_count

    from scorecard
    where scorecard.scope != 'organisation'
    group by scorecard.week_start_date

),

organisation as (

    select * from scorecard
    where scope = 'organisation'

),

final as (

    select
        weeks.week_start_date,
        organisation.account_count,
        parts.account_count as account_count_of_parts

    from weeks
    left join organisation on weeks.week_start_date = organisation.week_start_date
    left join parts on weeks.week_start_date = parts.week_start_date
    where
        organisation.week_start_date is null
        or organisation.account_count is distinct from parts.account_count
        or organisation.nps_response_count is distinct from parts.nps_response_count
        or not coalesce(abs(organisation.effort_hours - parts.effort_hours) < 0.0001, false)
        or abs(organisation.opening_arr_usd - parts.opening_arr_usd) >= 0.005

)

select * from final
