-- Grain: one row per account_id, ends_on and emerged_at from which nobody works on that renewal.
-- Why: a term that ends soon with neither an opportunity nor a conversation will end by itself.
with

terms as (

    select * from {{ ref('int_renewals__due') }}

),

opportunities as (

    select * from {{ ref('stg_crm__opportunities') }}

),

work_spans as (

    select * from {{ ref('int_renewals__worked') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

-- Before the first renewal on record (without any: the first opportunity), that there was none is not observed.
observed as (

    select
        cast(
            coalesce(
                min(case when opportunities.opportunity_type = 'renewal' then opportunities.created_on end),
                min(opportunities.created_on)
            ) as timestamp
        ) as from_at

    from opportunities
    cross join clock
    where opportunities.created_on <= clock.as_of_date

),

-- It can begin to lie idle when it falls due, and where work on it ends.
moments as (

    select
        account_id,
        ends_on,
        due_at as emerged_at
    from terms
    union distinct
    select
        terms.account_id,
        terms.ends_on,
        work_spans.to_at as emerged_at
    from terms
    inner join work_spans on terms.account_id = work_spans.account_id
    where work_spans.to_at > terms.due_at and work_spans.to_at < terms.ended_at

),

final as (

    select
        moments.account_id,
        moments.ends_on,
        'no_renewal_work' as detector,
        moments.emerged_at

    from moments
    inner join observed on moments.emerged_at >= observed.from_at
    left join work_spans
        on
            moments.account_id = work_spans.account_id
            and moments.emerged_at >= work_spans.from_at
            and moments.emerged_at < work_spans.to_at
    where work_spans.account_id is null

)

select * from final
