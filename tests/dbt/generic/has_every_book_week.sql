{#- `unassigned` has a row every week, and a CSM in every week in which they are employed on any day; nobody else has
    one. Otherwise a run over several weeks would close over the missing one, and an average would leave out who had
    none. -#}
{% test has_every_book_week(model) %}

with

books as (

    select * from {{ model }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

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

    union all

    select
        'unassigned' as csm_id,
        weeks.week_start_date

    from weeks

),

final as (

    select
        coalesce(expected.csm_id, books.csm_id) as csm_id,
        coalesce(expected.week_start_date, books.week_start_date) as week_start_date,
        case when books.csm_id is null then 'missing' else 'not expected' end as fault

    from expected
    full outer join books on expected.csm_id = books.csm_id and expected.week_start_date = books.week_start_date
    where expected.csm_id is null or books.csm_id is null

)

select * from final

{% endtest %}
