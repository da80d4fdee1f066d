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

observed as (

    select * from {{ ref('int_interactions__observed') }}

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
        -- where any interaction is on file, a week without one is observed to hold none
        {% for name in ['counted_interaction', 'meaningful_interaction'] + categories %}
            case when observed.has_interactions then coalesce(held.{{ name }}_count, 0) end as {{ name }}_count,
        {% endfor %}
        {% for category in categories %}
            -- none held took no time; those without a duration took some that is not known, and add none to others
            case
                when not observed.has_durations then null
                when held.{{ category }}_count > 0 then held.{{ category }}_minutes
                else 0
            end as {{ category }}_minutes,
        {% endfor %}
        -- who has left can sustain nothing; what somebody could who was there before being hired is not known
        case
            when capacity.csm_id is not null
                then
                    role_tiers.strategic_ceiling_per_week
                    * capacity.fte
                    * capacity.ramp_ratio
                    * capacity.availability_ratio
            when csms.hired_on <= {{ days_after('csm_weeks.week_start_date', 6) }} then 0
        end as throughput_ceiling_count

    from csm_weeks
    inner join csms on csm_weeks.csm_id = csms.csm_id
    inner join role_tiers on csms.role_tier = role_tiers.role_tier
    left join capacity
        on csm_weeks.csm_id = capacity.csm_id and csm_weeks.week_start_date = capacity.week_start_date
    left join held on csm_weeks.csm_id = held.csm_id and csm_weeks.week_start_date = held.week_start_date
    cross join observed

)

select * from final
