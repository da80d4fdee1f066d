-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day.
-- Why: what a year made of the book that a CSM held at its beginning; the book of today has lost its losses.
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

retained as (

    select * from {{ ref('int_books__retained') }}

),

surveyed as (

    select * from {{ ref('int_books__surveyed') }}

),

books as (

    select
        capacity.csm_id,
        capacity.week_start_date,
        {{ outcome_sums() | join(', ') }}

    from capacity
    left join retained
        on capacity.csm_id = retained.csm_id and capacity.week_start_date = retained.week_start_date
    left join surveyed
        on capacity.csm_id = surveyed.csm_id and capacity.week_start_date = surveyed.week_start_date

),

final as (

    select
        books.csm_id,
        books.week_start_date,
        {{ outcome_measures('books') }}

    from books

)

select * from final
