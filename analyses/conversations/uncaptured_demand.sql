-- Question: Which products do accounts ask about that they do not own and nobody is selling to them?
-- Also: product requests nobody picked up; upsell opportunities we miss; customers ask for a product they do not have
-- Also: missed expansion; cross-sell
-- Filters: account, csm, product, segment, team
with

discussions as (

    select * from {{ ref('fct_product_discussions') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

final as (

    select
        discussions.account_id,
        accounts.account_name,
        discussions.csm_id,
        discussions.product,
        accounts.arr_usd,
        discussions.uncaptured_interaction_count,
        cast(discussions.first_uncaptured_at as date) as first_uncaptured_on,
        cast(discussions.last_discussed_at as date) as last_discussed_on,
        weeks.week_end_date - cast(discussions.first_uncaptured_at as date) as waiting_days

    from discussions
    inner join accounts on discussions.account_id = accounts.account_id
    -- one week is the latest: no row multiplies
    inner join weeks on weeks.is_latest
    where discussions.is_uncaptured_demand
    order by
        discussions.uncaptured_interaction_count desc,
        accounts.arr_usd desc,
        discussions.account_id asc,
        discussions.product asc

)

select * from final
