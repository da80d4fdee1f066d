-- Grain: one row per interaction_id and product that it was about.
-- Why: what the account had and what was being sold to it on that day decides whether a word is a demand.
with

interactions as (

    select * from {{ ref('int_interactions__completed') }}

),

topics as (

    select * from {{ ref('stg_interactions__interaction_topics') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions__in_force') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- Several topics of a conversation may be about one product.
discussions as (

    select
        interactions.interaction_id,
        interactions.account_id,
        interactions.started_at,
        interactions.started_on,
        topics.product,
        sum(topics.mention_count) as mention_count

    from topics
    inner join interactions on topics.interaction_id = interactions.interaction_id
    where topics.product is not null and interactions.account_id is not null
    group by
        interactions.interaction_id,
        interactions.account_id,
        interactions.started_at,
        interactions.started_on,
        topics.product

),

-- Both joins multiply, a discussion by the lines or expansions of its account, and are grouped back at once.
owned as (

    select
        discussions.interaction_id,
        discussions.product

    from discussions
    inner join subscriptions
        on
            discussions.account_id = subscriptions.account_id
            and discussions.product = subscriptions.product
            and discussions.started_on >= subscriptions.starts_on
            and discussions.started_on < coalesce(subscriptions.in_force_until, cast('9999-12-31' as date))
    group by discussions.interaction_id, discussions.product

),

expanding as (

    select
        discussions.interaction_id,
        discussions.product,
        bool_or(
            opportunities.created_on <= discussions.started_on
            and (opportunities.closed_on is null or opportunities.closed_on > discussions.started_on)
        ) as has_open_opportunity,
        min(case when opportunities.created_on > discussions.started_on then opportunities.created_on end)
            as next_expansion_on

    from discussions
    inner join opportunities on discussions.account_id = opportunities.account_id
    inner join clock on opportunities.created_on <= clock.as_of_date
    where opportunities.opportunity_type = 'expansion'
    group by discussions.interaction_id, discussions.product

),

final as (

    select
        discussions.interaction_id,
        discussions.product,
        discussions.account_id,
        discussions.started_at,
        discussions.mention_count,
        expanding.next_expansion_on,
        case when exists (select 1 from {{ ref('int_subscriptions__in_force') }}) then owned.product is not null end
            as is_owned,
        -- an account without an expansion is observed to have none, where anybody has opportunities on file
        case
            when exists (select 1 from {{ ref('stg_crm__opportunities') }})
                then coalesce(expanding.has_open_opportunity, false)
        end as has_open_opportunity

    from discussions
    left join owned on discussions.interaction_id = owned.interaction_id and discussions.product = owned.product
    left join expanding
        on discussions.interaction_id = expanding.interaction_id and discussions.product = expanding.product

)

select * from final
