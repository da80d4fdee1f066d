-- Grain: one row per csm_id (`unassigned` and leavers included) and week_start_date, from a window after the first on.
-- Why: what became of the accounts that a book held when the trailing window began, wherever they are now.
{% set window_days = '7 * ' ~ threshold('retention_weeks') %}
with

held as (

    select * from {{ ref('int_account_arr__held') }}

),

csms as (

    select * from {{ ref('int_csms__grouped') }}

),

observed as (

    select exists(select 1 from {{ ref('int_subscriptions__in_force') }}) as has_subscriptions

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

paying as (

    select * from held
    where {{ comparable('held.arr_usd') }} > 0

),

-- Spans as seen at the end of the window: what was paid when it began.
opened as (

    select
        paying.account_id,
        paying.csm_id,
        paying.arr_usd,
        {{ days_after('paying.from_week', window_days) }} as from_week,
        {{ days_after('paying.to_week', window_days) }} as to_week

    from paying

),

contributions as (

    select
        csm_id,
        from_week,
        to_week,
        arr_usd as opening_arr_usd,
        0 as net_retained_arr_usd,
        0 as gross_retained_arr_usd,
        1 as opening_account_count,
        0 as retained_account_count

    from opened

    union all

    -- Both tile the account's time, so each week has one pair at most; GRR forgives no account with another's growth.
    select
        opened.csm_id,
        greatest(opened.from_week, paying.from_week) as from_week,
        least(opened.to_week, paying.to_week) as to_week,
        0 as opening_arr_usd,
        paying.arr_usd as net_retained_arr_usd,
        least(opened.arr_usd, paying.arr_usd) as gross_retained_arr_usd,
        0 as opening_account_count,
        1 as retained_account_count

    from opened
    inner join paying
        on
            opened.account_id = paying.account_id
            and opened.from_week < paying.to_week
            and opened.to_week > paying.from_week

),

measured as (

    select
        csms.csm_id,
        weeks.week_start_date

    from csms
    cross join clock
    inner join weeks
        on weeks.week_start_date >= {{ days_after('clock.first_week_start_date', window_days) }}
    -- without any subscription on file nobody is observed to have paid nothing
    inner join observed on observed.has_subscriptions and csms.scope = 'organisation'

),

final as (

    {{ summed_spans('measured', 'contributions', {
        'opening_account_count': 'opening_account_count',
        'retained_account_count': 'retained_account_count',
        'opening_arr_usd': 'opening_account_count',
        'net_retained_arr_usd': 'retained_account_count',
        'gross_retained_arr_usd': 'retained_account_count',
    }) }}

)

select * from final
