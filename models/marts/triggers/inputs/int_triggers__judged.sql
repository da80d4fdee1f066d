-- Grain: one row per csm_id, trigger and week_start_date in which the trigger holds.
-- Why: value and threshold are compared in one way, whatever is compared.
{% set triggers = rebalancing_triggers() %}
with

measured as (

    select * from {{ ref('int_book_weeks__measured') }}

),

judged as (

    {% for trigger, rule in triggers.items() %}
        select
            measured.*,
            '{{ trigger }}' as trigger,
            cast({{ rule.value }} as double) as value,
            cast({{ comparable(rule.threshold) }} as double) as threshold,
            {{ rule.holds | replace('{v}', comparable(rule.value)) | replace('{t}', comparable(rule.threshold)) }}
                as is_set_off

        from measured
        {% if trigger != 'uncovered_book' %}where measured.csm_id != 'unassigned'{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

set_off as (

    select
        judged.*,
        -- weeks in a row less their number give the same date for a run without a gap
        {{ days_after(
            'judged.week_start_date',
            '-7 * row_number() over (partition by judged.csm_id, judged.trigger order by judged.week_start_date)'
        ) }} as run_date

    from judged
    where judged.is_set_off

),

final as (

    select
        set_off.csm_id,
        set_off.trigger,
        set_off.week_start_date,
        set_off.value,
        set_off.threshold,
        set_off.account_count,
        set_off.arr_usd,
        set_off.effort_hours,
        set_off.target_capacity_hours,
        set_off.room_hours,
        set_off.counted_interaction_count,
        set_off.throughput_ceiling_count,
        set_off.late_episode_count,
        set_off.detected_episode_count + set_off.late_open_count as judged_episode_count,
        min(set_off.week_start_date) over (
            partition by set_off.csm_id, set_off.trigger, set_off.run_date
        ) as since_week_start_date

    from set_off

)

select * from final
