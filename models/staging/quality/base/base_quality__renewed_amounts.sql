-- Grain: one row, where contract lines bring many times what was renewed; else none.
-- Why: a whole export in cents has nothing wrong in itself; beside what the same accounts renewed it has.
with

subscriptions as (

    {{ raw_columns('crm', 'subscriptions', ['account_id', 'arr_usd']) }}

),

renewals as (

    {{ raw_columns('outcomes', 'renewals', ['account_id', 'arr_before_usd']) }}

),

lines as (

    select
        subscriptions.account_id,
        max(subscriptions.arr_usd) as arr_usd
    from subscriptions
    where subscriptions.arr_usd > 0
    group by subscriptions.account_id

),

renewed as (

    select
        renewals.account_id,
        max(renewals.arr_before_usd) as arr_before_usd
    from renewals
    where renewals.arr_before_usd > 0
    group by renewals.account_id

),

measured as (

    select
        count(*) as account_count,
        percentile_cont(0.5) within group (order by lines.arr_usd / renewed.arr_before_usd) as times
    from lines
    inner join renewed on lines.account_id = renewed.account_id

),

final as (

    select
        measured.account_count,
        measured.times

    from measured
    where
        measured.account_count >= {{ threshold('scale_jump_minimum_count') }}
        and (
            measured.times >= {{ threshold('scale_jump_ratio') }}
            or measured.times * {{ threshold('scale_jump_ratio') }} <= 1
        )

)

select * from final
