-- Grain: one row per outcome_type, account_id and outcome_on.
-- Why: what became of an account is recorded in four ways; one list of them is asked what came before each.
with

renewals as (

    select * from {{ ref('int_renewals__decided') }}

),

account_quarters as (

    select * from {{ ref('int_account_quarters__retained') }}

),

survey_responses as (

    select * from {{ ref('stg_outcomes__survey_responses') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- Several deals of a day are one outcome, won when any of them is.
deals as (

    select
        opportunities.account_id,
        opportunities.closed_on,
        max(cast(opportunities.is_won as integer)) as won_count,
        sum(opportunities.amount_usd) as amount_usd

    from opportunities
    where
        opportunities.opportunity_type = 'expansion'
        and opportunities.account_id is not null
        and opportunities.closed_on is not null
        and opportunities.is_won is not null
    group by opportunities.account_id, opportunities.closed_on

),

recorded as (

    select
        'renewal' as outcome_type,
        account_id,
        renewed_on as outcome_on,
        outcome,
        {{ ratio('arr_after_usd', 'arr_before_usd') }} as outcome_score,
        arr_before_usd as concerned_arr_usd,
        is_mid_term
    from renewals
    union all
    select
        'nrr' as outcome_type,
        account_id,
        week_end_date as outcome_on,
        outcome,
        {{ ratio('closing_arr_usd', 'opening_arr_usd') }} as outcome_score,
        opening_arr_usd as concerned_arr_usd,
        null as is_mid_term
    from account_quarters
    union all
    select
        'csat' as outcome_type,
        account_id,
        responded_on as outcome_on,
        case when {{ is_satisfied('score') }} then 'satisfied' else 'low' end
            as outcome,
        score as outcome_score,
        null as concerned_arr_usd,
        null as is_mid_term
    from survey_responses
    where survey = 'csat'
    union all
    select
        'expansion' as outcome_type,
        account_id,
        closed_on as outcome_on,
        case when won_count = 1 then 'won' else 'lost' end as outcome,
        won_count as outcome_score,
        amount_usd as concerned_arr_usd,
        null as is_mid_term
    from deals

),

final as (

    select
        recorded.outcome_type,
        recorded.account_id,
        recorded.outcome_on,
        recorded.outcome,
        recorded.outcome_score,
        recorded.concerned_arr_usd,
        recorded.is_mid_term,
        {{ week_start(days_after('recorded.outcome_on', '-7 * ' ~ threshold('outcome_lag_weeks'))) }}
            as week_start_date,
        {{ week_start('recorded.outcome_on') }} as outcome_week_start_date

    from recorded
    inner join clock on recorded.outcome_on <= clock.as_of_date

)

select * from final
