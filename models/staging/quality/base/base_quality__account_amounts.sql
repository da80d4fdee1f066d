-- Grain: one row per account and kind of amount that its contract lines are compared with.
-- Why: cents have nothing wrong in themselves; beside what an account renewed, is to buy or paid before they have.
with

subscriptions as (

    {{ raw_columns('crm', 'subscriptions', ['subscription_id', 'account_id', 'product', 'arr_usd', 'starts_on']) }}

),

renewals as (

    {{ raw_columns('outcomes', 'renewals', ['account_id', 'arr_before_usd']) }}

),

opportunities as (

    {{ raw_columns('crm', 'opportunities', ['account_id', 'amount_usd']) }}

),

owners as (

    select * from {{ ref('base_quality__owners') }}

),

lines as (

    select
        subscriptions.account_id,
        max(subscriptions.arr_usd) as arr_usd
    from subscriptions
    where subscriptions.arr_usd > 0
    group by subscriptions.account_id

),

successive_lines as (

    select
        subscriptions.account_id,
        subscriptions.arr_usd,
        lag(subscriptions.arr_usd) over (
            partition by subscriptions.account_id, subscriptions.product
            order by subscriptions.starts_on, subscriptions.subscription_id
        ) as previous_arr_usd
    from subscriptions
    where subscriptions.arr_usd > 0

),

compared as (

    select
        lines.account_id,
        'renewals' as compared_with,
        max(lines.arr_usd) / max(renewals.arr_before_usd) as times
    from lines
    inner join renewals on lines.account_id = renewals.account_id
    where renewals.arr_before_usd > 0
    group by lines.account_id

    union all

    select
        lines.account_id,
        'opportunities' as compared_with,
        max(lines.arr_usd) / max(opportunities.amount_usd) as times
    from lines
    inner join opportunities on lines.account_id = opportunities.account_id
    where opportunities.amount_usd > 0
    group by lines.account_id

    union all

    -- the one of an account's lines that differs most from the one before
    select
        successive_lines.account_id,
        'earlier lines' as compared_with,
        max_by(
            successive_lines.arr_usd / successive_lines.previous_arr_usd,
            abs(ln(successive_lines.arr_usd / successive_lines.previous_arr_usd))
        ) as times
    from successive_lines
    where successive_lines.previous_arr_usd > 0
    group by successive_lines.account_id

),

final as (

    select
        compared.account_id,
        compared.compared_with,
        owners.csm_id,
        compared.times

    from compared
    inner join owners on compared.account_id = owners.account_id

)

select * from final
