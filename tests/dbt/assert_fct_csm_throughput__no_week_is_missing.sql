-- A CSM has a row in every week in which they are employed on any day or completed an interaction, and in no other.
-- Otherwise a run would close over the missing week, and what was held before hiring or after leaving would be lost.
with

throughput as (

    select * from {{ ref('fct_csm_throughput') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

interactions as (

    select * from {{ ref('stg_interactions__interactions') }}

),

expected as (

    select
        csms.csm_id,
        weeks.week_start_date

    from csms
    inner join weeks
        on
            csms.hired_on <= weeks.week_end_date
            and (csms.left_on is null or csms.left_on > greatest(csms.hired_on, weeks.week_start_date))

    union distinct

    select
        interactions.csm_id,
        weeks.week_start_date

    from interactions
    inner join weeks
        on
            cast(interactions.started_at as date) >= weeks.week_start_date
            and cast(interactions.started_at as date) <= weeks.week_end_date
    where interactions.status = 'completed'

),

final as (

    select
        coalesce(expected.csm_id, throughput.csm_id) as csm_id,
        coalesce(expected.week_start_date, throughput.week_start_date) as week_start_date,
        case when throughput.csm_id is null then 'missing' else 'not expected' end as fault

    from expected
    full outer join throughput
        on expected.csm_id = throughput.csm_id and expected.week_start_date = throughput.week_start_date
    where expected.csm_id is null or throughput.csm_id is null

)

select * from final
