-- Grain: one row per csm_id and week_start_date in which the CSM is employed on any day or completed an interaction.
-- Why: what was held stands beside what one person can hold well; deals, rescues and administration are counted apart.
{% set categories = interaction_categories() %}
{{ keeps_earlier_weeks('week_start_date') }}
with

capacity as (

    select * from {{ ref('int_csm_weeks__capacity') }}
    where week_start_date >= {{ rebuild_from() }}

),

csms as (

    select * from {{ ref('stg_crm__csms') }}

),

role_tiers as (

    select * from {{ ref('role_tiers') }}

),

interactions as (

    select * from {{ ref('int_interactions__completed') }}
    where started_on >= {{ rebuild_from() }}

),

dated as (

    select
        interactions.*,
        {{ week_start('interactions.started_on') }} as week_start_date

    from interactions

),

held as (

    select
        dated.csm_id,
        dated.week_start_date,
        {% for category in categories %}
            count(case when dated.interaction_category = '{{ category }}' then 1 end) as {{ category }}_count,
            sum(case when dated.interaction_category = '{{ category }}' then dated.duration_minutes end)
                as {{ category }}_minutes,
        {% endfor %}
        count(case when dated.is_counted then 1 end) as counted_interaction_count,
        count(case when dated.is_meaningful then 1 end) as meaningful_interaction_count

    from dated
    group by dated.csm_id, dated.week_start_date

),

csm_weeks as (

    select
        csm_id,
        week_start_date
    from capacity
    union distinct
    select
        csm_id,
        week_start_date
    from held

),

final as (

    select
        csm_weeks.csm_id,
        csm_weeks.week_start_date,
        -- interactions are a required table: a week without any is observed to hold none
        coalesce(held.counted_interaction_count, 0) as counted_interaction_count,
        coalesce(held.meaningful_interaction_count, 0) as meaningful_interaction_count,
        {% for category in categories %}
            coalesce(held.{{ category }}_count, 0) as {{ category }}_count,
            -- an interaction without a duration is counted and adds no time
            coalesce(held.{{ category }}_minutes, 0) as {{ category }}_minutes,
        {% endfor %}
        -- who is employed on none of the days can sustain nothing
        coalesce(
            role_tiers.strategic_ceiling_per_week
            * capacity.fte
            * capacity.ramp_ratio
            * capacity.availability_ratio,
            0
        ) as throughput_ceiling_count

    from csm_weeks
    inner join csms on csm_weeks.csm_id = csms.csm_id
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    left join capacity
        on csm_weeks.csm_id = capacity.csm_id and csm_weeks.week_start_date = capacity.week_start_date
    left join held on csm_weeks.csm_id = held.csm_id and csm_weeks.week_start_date = held.week_start_date

)

select * from final
