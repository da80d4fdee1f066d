-- Every CSM's book of a week must have its capacity profile, and none may have one without a book. Otherwise a join has
-- lost somebody, and room for an account is sought among those who are left.
with

capacity as (

    select * from {{ ref('fct_csm_capacity') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

books as (

    select * from loads
    where csm_id != 'unassigned'

),

final as (

    select
        coalesce(books.csm_id, capacity.csm_id) as csm_id,
        coalesce(books.week_start_date, capacity.week_start_date) as week_start_date,
        case when capacity.csm_id is null then 'missing' else 'not expected' end as fault

    from books
    full outer join capacity
        on books.csm_id = capacity.csm_id and books.week_start_date = capacity.week_start_date
    where books.csm_id is null or capacity.csm_id is null

)

select * from final
