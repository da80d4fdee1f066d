-- Question: How long after a customer first asks about a product does an expansion opportunity open?
-- Also: from a question about a product to an opportunity; how fast do we turn demand into pipeline
-- Also: time until upsell
-- Filters: product
with

discussions as (

    select * from {{ ref('fct_product_discussions') }}

),

final as (

    select
        discussions.product,
        count(discussions.first_uncaptured_at) as asking_account_count,
        count(discussions.lead_time_days) as captured_account_count,
        count(case when discussions.is_uncaptured_demand then 1 end) as uncaptured_account_count,
        median(discussions.lead_time_days) as median_lead_time_days,
        max(discussions.lead_time_days) as longest_lead_time_days

    from discussions
    group by discussions.product
    order by uncaptured_account_count desc, discussions.product asc

)

select * from final
