-- Question: Are risks noticed too late in larger books: by accounts, by ARR or by load?
-- Also: do large books detect risk later; does book size slow detection
with

episodes as (

    select * from {{ ref('fct_risk_episodes') }}

),

final as (

    select
        episodes.is_within_window,
        count(*) as episode_count,
        avg(episodes.detection_days) as mean_detection_days,
        avg(episodes.book_account_count) as mean_book_account_count,
        avg(episodes.book_arr_usd) as mean_book_arr_usd,
        avg(episodes.book_load_ratio) as mean_book_load_ratio

    from episodes
    where
        episodes.is_within_window is not null
        and episodes.csm_id != 'unassigned'
    group by episodes.is_within_window
    order by episodes.is_within_window desc

)

select * from final
