-- Grain: one row per csm_id (`unassigned` included) and week_start_date.
-- Why: the size of a book has one definition, which load, coverage and books share.
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

owned as (

    select * from {{ ref('int_accounts__owned') }}

),

subscription_spans as (

    select * from {{ ref('int_subscriptions__owned') }}

),

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

books as (

    select
        csm_id,
        week_start_date
    from capacity
    union all
    select
        'unassigned' as csm_id,
        week_start_date
    from weeks

),

spans as (

    select
        csm_id,
        from_week,
        to_week,
        1 as account_count,
        {{ exact_sum_part(0) }} as arr_usd
    from owned
    union all
    select
        csm_id,
        from_week,
        to_week,
        0 as account_count,
        {{ exact_sum_part('arr_usd') }} as arr_usd
    from subscription_spans

),

changes as (

    {{ span_changes('spans', ['account_count', 'arr_usd']) }}

),

sums as (

    {{ book_sums('books', 'changes', ['account_count', 'arr_usd']) }}

),

final as (

    select
        sums.csm_id,
        sums.week_start_date,
        cast(sums.account_count as bigint) as account_count,
        -- without any subscription on file revenue is not observed; with some, an empty book has none
        case when observed.has_subscriptions then cast(sums.arr_usd as double) end as arr_usd

    from sums
    cross join observed

)

select * from final
