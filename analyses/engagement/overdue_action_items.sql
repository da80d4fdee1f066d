-- Question: Where are promises to customers overdue, and how many were kept on time?
-- Also: late promises; overdue action items; broken commitments; follow-ups that are late
-- Filters: csm
with

engagement as (

    select * from {{ ref('fct_csm_engagement') }}

),

weeks as (

    select * from {{ ref('dim_weeks') }}

),

csms as (

    select * from {{ ref('dim_csms') }}

),

final as (

    select
        engagement.csm_id,
        csms.csm_name,
        engagement.open_action_item_count,
        engagement.overdue_action_item_count,
        engagement.due_action_item_count_last_30_days,
        engagement.on_time_action_item_count_last_30_days,
        engagement.on_time_ratio_last_30_days

    from engagement
    inner join weeks on engagement.week_start_date = weeks.week_start_date
    inner join csms on engagement.csm_id = csms.csm_id
    where
        weeks.is_latest
        and engagement.overdue_action_item_count > 0
    order by engagement.overdue_action_item_count desc, engagement.csm_id asc

)

select * from final
