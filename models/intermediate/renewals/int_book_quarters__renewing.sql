-- Grain: one row per csm_id, week_start_date and quarter_start_date in which something renews.
-- Why: the weekly peak of a book and its renewal calendar are the same sums.
{{ keeps_earlier_weeks('week_start_date') }}
with

renewal_spans as (

    select * from {{ ref('int_renewals__owned') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

renewing as (

    select
        renewal_spans.csm_id,
        weeks.week_start_date,
        weeks.quarter_start_date as current_quarter_start_date,
        {{ fiscal_quarter_start('renewal_spans.ends_on') }} as quarter_start_date,
        renewal_spans.arr_usd

    from renewal_spans
    inner join weeks
        on
            renewal_spans.from_week <= weeks.week_start_date
            and renewal_spans.to_week > weeks.week_start_date
    where weeks.week_start_date >= {{ rebuild_from() }}

),

final as (

    select
        renewing.csm_id,
        renewing.week_start_date,
        renewing.quarter_start_date,
        {{ quarters_between('renewing.current_quarter_start_date', 'renewing.quarter_start_date') }}
            as quarters_ahead_count,
        sum(renewing.arr_usd) as renewing_arr_usd,
        count(*) as subscription_count

    from renewing
    group by
        renewing.csm_id,
        renewing.week_start_date,
        renewing.quarter_start_date,
        renewing.current_quarter_start_date

)

select * from final
