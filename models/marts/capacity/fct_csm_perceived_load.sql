-- Grain: one row per csm_id and surveyed_on in a week for which the CSM has a load.
-- Why: what people say of their load beside what is measured; where the two part, one of them is wrong.
with

surveys as (

    select * from {{ ref('stg_crm__effort_surveys') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

final as (

    select
        surveys.csm_id,
        surveys.surveyed_on,
        loads.week_start_date,
        surveys.perceived_load as perceived_load_score,
        loads.load_ratio

    from surveys
    inner join loads
        on surveys.csm_id = loads.csm_id and {{ week_start('surveys.surveyed_on') }} = loads.week_start_date

)

select * from final
