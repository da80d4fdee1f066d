-- Question: How many promises to customers are open, and how many overdue, at each CSM?
-- Also: open action items; outstanding commitments; what have we promised; follow-ups not done; to-dos
-- Filters: csm, team
with

engagements as (

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
        engagements.csm_id,
        csms.csm_name,
        csms.team,
        engagements.open_action_item_count,
        engagements.overdue_action_item_count,
        engagements.on_time_ratio_last_30_days

    from engagements
    inner join weeks on engagements.week_start_date = weeks.week_start_date
    inner join csms on engagements.csm_id = csms.csm_id
    where weeks.is_latest
    order by csms.csm_name asc, engagements.csm_id asc

)

select * from final
