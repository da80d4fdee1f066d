-- Question: Which products do customers talk about, and where?
-- Also: what products come up in calls; interest in a product; who asked about a product; product discussions
-- Filters: account, csm, product, segment, team
-- Parameter: days, 1 to 3650: days to look back
with

discussions as (

    select * from {{ ref('fct_product_discussions') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        discussions.account_id,
        accounts.account_name,
        discussions.csm_id,
        discussions.product,
        discussions.interaction_count,
        discussions.is_owned_when_first_discussed,
        cast(discussions.last_discussed_at as date) as last_discussed_on

    from discussions
    inner join accounts on discussions.account_id = accounts.account_id
    where discussions.last_discussed_at >= discussions.as_of_date - {{ parameter('days', 91) }} + 1
    order by discussions.last_discussed_at desc, discussions.account_id asc, discussions.product asc

)

select * from final
