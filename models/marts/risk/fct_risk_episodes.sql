-- Grain: one row per episode_id.
-- Why: how long a risk went unseen, beside the book of whoever had to see it.
with

episodes as (

    select * from {{ ref('int_risk_episodes__ended') }}

),

loads as (

    select * from {{ ref('fct_csm_load') }}

),

clock as (

    select * from {{ ref('int_clock') }}

),

final as (

    select
        episodes.episode_id,
        episodes.account_id,
        episodes.csm_id,
        episodes.signal_type,
        episodes.emerged_at,
        episodes.detected_at,
        episodes.ended_at,
        episodes.detection_days,
        episodes.outcome,
        episodes.is_within_window,
        episodes.intervention_window_days,
        episodes.signal_count,
        episodes.is_relapse,
        loads.account_count as book_account_count,
        loads.arr_usd as book_arr_usd,
        loads.load_ratio as book_load_ratio,
        clock.as_of_date

    from episodes
    cross join clock
    left join loads
        on
            episodes.csm_id = loads.csm_id
            and {{ week_start('episodes.emerged_at') }} = loads.week_start_date

)

select * from final
