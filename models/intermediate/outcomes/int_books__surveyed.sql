-- Grain: one row per csm_id (`unassigned` and leavers included) and week_start_date.
-- Why: an answer tells of the book that held the account when it was given, also after the account has moved on.
with

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

survey_responses as (

    select * from {{ ref('stg_outcomes__survey_responses') }}

),

csms as (

    select * from {{ ref('int_csms__grouped') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

holders as (

    select
        owned.account_id,
        owned.csm_id,
        owned.from_week,
        lead(owned.from_week) over (partition by owned.account_id order by owned.from_week) as next_from_week

    from owned

),

-- An answer counts in the weeks whose trailing window holds its day. Who answers after leaving tells of the last book.
answers as (

    select
        holders.csm_id,
        {{ week_start('survey_responses.responded_on') }} as from_week,
        {{ week_start(days_after('survey_responses.responded_on', threshold('survey_days'))) }} as to_week,
        survey_responses.survey,
        survey_responses.score

    from survey_responses
    -- the first Mondays of an account's spans part its time: one span holds, or none before it was a customer
    inner join holders
        on
            survey_responses.account_id = holders.account_id
            and {{ week_start('survey_responses.responded_on') }} >= holders.from_week
            and (
                holders.next_from_week is null
                or {{ week_start('survey_responses.responded_on') }} < holders.next_from_week
            )

),

contributions as (

    select
        answers.csm_id,
        answers.from_week,
        answers.to_week,
        cast(answers.survey = 'csat' as integer) as csat_response_count,
        case when answers.survey = 'csat' then answers.score else 0 end as csat_total_score,
        cast(
            answers.survey = 'csat' and {{ is_satisfied('answers.score') }}
            as integer
        ) as csat_satisfied_count,
        cast(answers.survey = 'nps' as integer) as nps_response_count,
        cast(
            answers.survey = 'nps' and {{ comparable('answers.score') }} >= {{ threshold('nps_promoter_score') }}
            as integer
        ) as nps_promoter_count,
        cast(
            answers.survey = 'nps' and {{ comparable('answers.score') }} <= {{ threshold('nps_detractor_score') }}
            as integer
        ) as nps_detractor_count

    from answers

),

-- Without any answer satisfaction is not observed, and there is no row.
measured as (

    select
        csms.csm_id,
        weeks.week_start_date

    from csms
    cross join weeks
    where csms.scope = 'organisation' and exists (select 1 from {{ ref('stg_outcomes__survey_responses') }})

),

final as (

    {{ summed_spans('measured', 'contributions', {
        'csat_response_count': 'csat_response_count',
        'csat_total_score': 'csat_response_count',
        'csat_satisfied_count': 'csat_satisfied_count',
        'nps_response_count': 'nps_response_count',
        'nps_promoter_count': 'nps_promoter_count',
        'nps_detractor_count': 'nps_detractor_count',
    }) }}

)

select * from final
