-- Question: Which CSMs have the highest follow-up density?
-- Also: follow-ups per conversation; who creates the most action items; follow-up density
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

latest_weeks as (

    select
        weeks.week_start_date,
        weeks.quarter_start_date

    from weeks
    where weeks.is_latest

),

previous_quarters as (

    select max(weeks.quarter_start_date) as quarter_start_date

    from weeks
    inner join latest_weeks on weeks.quarter_start_date < latest_weeks.quarter_start_date

),

-- One week has too few conversations to rank anybody by: this fiscal quarter and the last have enough.
samples as (

    select
        engagement.csm_id,
        cast(sum(engagement.interaction_count) as bigint) as interaction_count,
        cast(sum(engagement.action_item_count) as bigint) as action_item_count,
        sum(engagement.action_item_count) / nullif(sum(engagement.interaction_count), 0) as follow_up_density,
        sum(engagement.action_item_count) / nullif(sum(engagement.expected_action_item_count), 0) as follow_up_ratio

    from engagement
    inner join weeks on engagement.week_start_date = weeks.week_start_date
    cross join latest_weeks
    cross join previous_quarters
    where weeks.quarter_start_date >= coalesce(previous_quarters.quarter_start_date, latest_weeks.quarter_start_date)
    group by engagement.csm_id

),

final as (

    select
        engagement.csm_id,
        csms.csm_name,
        samples.follow_up_density,
        samples.interaction_count,
        samples.action_item_count,
        samples.follow_up_ratio,
        engagement.follow_up_density as week_follow_up_density,
        engagement.interaction_count as week_interaction_count

    from engagement
    inner join latest_weeks on engagement.week_start_date = latest_weeks.week_start_date
    inner join csms on engagement.csm_id = csms.csm_id
    -- one sample per CSM
    inner join samples on engagement.csm_id = samples.csm_id
    where
        engagement.is_rankable
        and samples.action_item_count is not null
    order by samples.follow_up_density desc, engagement.csm_id asc

)

select * from final
