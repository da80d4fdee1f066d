-- The pair of books of one motion with the most equal accounts and the most different loads.
-- Question: same_count_different_load
with

books as (

    select
        csms.csm_name,
        csms.motion,
        loads.csm_id,
        loads.account_count,
        loads.load_ratio

    from marts.fct_csm_load as loads
    inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date
    inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
    where
        weeks.is_latest
        and not csms.is_unassigned
        and loads.load_ratio is not null

),

final as (

    select
        heavy.csm_name as heavy_name,
        heavy.csm_id as heavy_csm_id,
        heavy.account_count as heavy_count,
        heavy.load_ratio as heavy_load_ratio,
        light.csm_name as light_name,
        light.csm_id as light_csm_id,
        light.account_count as light_count,
        light.load_ratio as light_load_ratio

    from books as heavy
    inner join books as light
        on
            heavy.motion = light.motion
            and heavy.account_count <= light.account_count
            and heavy.load_ratio > light.load_ratio
    order by heavy.load_ratio - light.load_ratio desc, heavy.csm_id asc, light.csm_id asc
    limit 1

)

select * from final
