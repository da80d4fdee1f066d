-- One row per account and quarter of the horizon in which a subscription of it renews.
with

quarters as (

    select distinct
        quarter_start_date,
        quarter_start_date + interval 3 month as next_quarter_start_date

    from marts.fct_renewal_concentration
    where is_in_horizon

),

final as (

    select
        spans.account_id,
        quarters.quarter_start_date,
        sum(spans.arr_usd) as renewing_arr_usd

    from intermediate.int_renewals__owned as spans
    inner join intermediate.int_clock as dates
        on
            spans.from_week <= dates.latest_week_start_date
            and spans.to_week > dates.latest_week_start_date
    inner join quarters
        on
            spans.ends_on >= quarters.quarter_start_date
            and spans.ends_on < quarters.next_quarter_start_date
    group by spans.account_id, quarters.quarter_start_date
    order by spans.account_id asc, quarters.quarter_start_date asc

)

select * from final
