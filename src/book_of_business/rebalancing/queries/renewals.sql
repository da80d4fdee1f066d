-- One row per account and quarter of the horizon in which a subscription of it renews.
select
    owned.account_id,
    quarters.quarter_start_date,
    sum(owned.arr_usd) as renewing_arr_usd

from intermediate.int_renewals__owned as owned
cross join intermediate.int_clock as clock
inner join (
    select distinct
        quarter_start_date,
        quarter_start_date + interval 3 month as next_quarter_start_date
    from marts.fct_renewal_concentration
    where is_in_horizon
) as quarters
    on
        owned.ends_on >= quarters.quarter_start_date
        and owned.ends_on < quarters.next_quarter_start_date
where
    owned.from_week <= clock.latest_week_start_date
    and owned.to_week > clock.latest_week_start_date
group by owned.account_id, quarters.quarter_start_date
order by owned.account_id asc, quarters.quarter_start_date asc
