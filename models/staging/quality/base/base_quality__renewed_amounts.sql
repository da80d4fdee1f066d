-- Grain: one row per book, and one for all (book null), whose contract lines bring many times what else is on file.
-- Why: cents have nothing wrong in themselves; beside what the same accounts renewed or are to buy they have.
with

subscriptions as (

    {{ raw_columns('crm', 'subscriptions', ['account_id', 'arr_usd']) }}

),

renewals as (

    {{ raw_columns('outcomes', 'renewals', ['account_id', 'arr_before_usd']) }}

),

opportunities as (

    {{ raw_columns('crm', 'opportunities', ['account_id', 'amount_usd']) }}

),

assignments as (

    {{ raw_columns('crm', 'account_assignments', ['account_id', 'csm_id', 'assigned_on']) }}

),

owners as (

    select
        assignments.account_id,
        max_by(assignments.csm_id, assignments.assigned_on) as csm_id
    from assignments
    group by assignments.account_id

),

lines as (

    select
        subscriptions.account_id,
        max(subscriptions.arr_usd) as arr_usd
    from subscriptions
    where subscriptions.arr_usd > 0
    group by subscriptions.account_id

),

amounts as (

    select
        account_id,
        arr_before_usd as amount_usd,
        'renewals' as table_name
    from renewals
    where arr_before_usd > 0
    union all
    select
        account_id,
        amount_usd,
        'opportunities' as table_name
    from opportunities
    where amount_usd > 0

),

compared as (

    select
        owners.csm_id,
        amounts.table_name,
        lines.arr_usd / max(amounts.amount_usd) as times
    from lines
    inner join amounts on lines.account_id = amounts.account_id
    inner join owners on lines.account_id = owners.account_id
    group by owners.csm_id, amounts.table_name, lines.account_id, lines.arr_usd

),

books as (

    select
        compared.table_name,
        compared.csm_id,
        count(*) as account_count,
        percentile_cont(0.5) within group (order by compared.times) as times
    from compared
    group by grouping sets ((compared.table_name), (compared.table_name, compared.csm_id))

),

-- Renewals are amounts of the same kind, so that the usual ratio is about one; of others it is that of all books.
usual as (

    select
        books.*,
        case
            when books.csm_id is null and books.table_name = 'renewals' then 1
            when books.csm_id is not null then max(case when books.csm_id is null then books.times end) over (
                partition by books.table_name
            )
        end as usual_times

    from books

),

final as (

    select
        usual.csm_id as book,
        usual.table_name,
        usual.account_count,
        usual.times / usual.usual_times as times

    from usual
    where
        usual.account_count >= {{ threshold('scale_jump_minimum_count') }}
        and (
            usual.times >= {{ threshold('scale_jump_ratio') }} * usual.usual_times
            or usual.usual_times >= {{ threshold('scale_jump_ratio') }} * usual.times
        )

)

select * from final
