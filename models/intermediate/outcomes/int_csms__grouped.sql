-- Grain: one row per csm_id (`unassigned` included) and scope: the organisation, and the part of it the book is in.
-- Why: what is measured for a team is measured for the whole in the same way, and no team's name can stand for another.
with

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

books as (

    select
        csms.csm_id,
        csms.team,
        greatest({{ week_start('csms.hired_on') }}, clock.first_week_start_date) as from_week,
        case when csms.team is null then 'no_team' else 'team' end as scope

    from csms
    -- who is hired later is not yet known, nor is a team of only such people
    inner join clock on csms.hired_on <= clock.as_of_date

    union all

    select
        'unassigned' as csm_id,
        null as team,
        clock.first_week_start_date as from_week,
        'unassigned' as scope

    from clock

),

final as (

    select
        books.csm_id,
        books.scope,
        books.from_week,
        coalesce(books.team, replace(books.scope, '_', ' ')) as team

    from books

    union all

    select
        books.csm_id,
        'organisation' as scope,
        clock.first_week_start_date as from_week,
        'organisation' as team

    from books
    cross join clock

)

select * from final
