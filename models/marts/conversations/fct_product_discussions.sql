-- Grain: one row per account_id and product that was discussed by as_of_date.
-- Why: what customers ask about before anybody sells it to them, and how long until somebody does.
with

discussions as (

    select * from {{ ref('int_products__discussed') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

judged as (

    select
        discussions.*,
        case
            when discussions.is_owned is not null
                then not discussions.is_owned and not discussions.has_open_opportunity
        end as is_uncaptured

    from discussions

),

sums as (

    select
        judged.account_id,
        judged.product,
        cast(sum(judged.mention_count) as bigint) as mention_count,
        min(judged.started_at) as first_discussed_at,
        max(judged.started_at) as last_discussed_at,
        count(*) as interaction_count,
        -- what was owned and open depends on the day alone: two conversations of one instant agree
        min_by(judged.is_owned, judged.started_at) as is_owned_when_first_discussed,
        min_by(judged.has_open_opportunity, judged.started_at) as has_open_opportunity_when_first_discussed,
        count(case when judged.is_uncaptured then 1 end) as uncaptured_interaction_count,
        count(judged.is_uncaptured) as judged_count,
        min(case when judged.is_uncaptured then judged.started_at end) as first_uncaptured_at,
        -- expansions after the first such conversation, and after the last
        min(case when judged.is_uncaptured then judged.next_expansion_on end) as first_expansion_on,
        bool_or(judged.is_uncaptured and judged.next_expansion_on is null) as is_still_uncaptured

    from judged
    group by judged.account_id, judged.product

),

current_products as (

    select
        subscription_spans.account_id,
        subscription_spans.product

    from subscription_spans
    inner join clock
        on
            subscription_spans.from_week <= clock.latest_week_start_date
            and subscription_spans.to_week > clock.latest_week_start_date
    group by subscription_spans.account_id, subscription_spans.product

),

current_accounts as (

    select
        owned.account_id,
        owned.csm_id

    from owned
    inner join clock
        on owned.from_week <= clock.latest_week_start_date and owned.to_week > clock.latest_week_start_date

),

final as (

    select
        sums.account_id,
        sums.product,
        current_accounts.csm_id,
        sums.first_discussed_at,
        sums.last_discussed_at,
        sums.interaction_count,
        sums.mention_count,
        sums.is_owned_when_first_discussed,
        sums.has_open_opportunity_when_first_discussed,
        sums.first_uncaptured_at,
        sums.first_expansion_on as expansion_created_on,
        case when sums.judged_count > 0 then sums.uncaptured_interaction_count end as uncaptured_interaction_count,
        {{ days_between('cast(sums.first_uncaptured_at as date)', 'sums.first_expansion_on') }} as lead_time_days,
        -- who is gone and who owns it by now asks for nothing any more
        sums.is_still_uncaptured and current_accounts.account_id is not null and current_products.product is null
            as is_uncaptured_demand,
        clock.as_of_date

    from sums
    cross join clock
    left join current_accounts on sums.account_id = current_accounts.account_id
    left join current_products
        on sums.account_id = current_products.account_id and sums.product = current_products.product

)

select * from final
