-- Grain: one row per csm_id, trigger and week_start_date in which the trigger holds.
-- Why: what calls for moving work, since when, and in a sentence that blames the plan and no person.
{#- a week away neither ends a run nor adds to it, and what was counted in it is no measure of either -#}
{% set absence = "case when triggers.target_capacity_hours > 0 then '' else ', as nobody is there this week' end" %}
with

triggers as (

    select * from {{ ref('int_triggers__judged') }}

),

final as (

    select
        triggers.csm_id,
        triggers.trigger,
        triggers.week_start_date,
        triggers.value,
        triggers.threshold,
        triggers.since_week_start_date,
        case triggers.trigger
            when 'load_over_target'
                then concat(
                    'For ', {{ in_words('triggers.value') }},
                    ' weeks the book has asked for more than its capacity: now ',
                    {{ in_words('triggers.effort_hours') }}, ' hours of work a week against ',
                    {{ in_words('triggers.target_capacity_hours') }},
                    {{ absence }}, '. Move accounts or add capacity.'
                )
            when 'throughput_intervention'
                then concat(
                    'For ', {{ in_words('triggers.value') }},
                    ' weeks the book has needed more conversations than one can sustain: ',
                    {{ in_words('triggers.counted_interaction_count') }}, ' this week against ',
                    {{ in_words('triggers.throughput_ceiling_count') }},
                    {{ absence }}, '. Reduce what the plan asks for.'
                )
            when 'touch_ceiling'
                then concat(
                    'The cadence of the accounts owes ', {{ in_words('triggers.value') }}, ' touches a quarter; ',
                    {{ in_words('triggers.threshold') }}, ' can be sustained. Move accounts or thin the cadence.'
                )
            when 'renewal_cap'
                then concat(
                    {{ as_percent('triggers.value') }}, ' of the ARR renews in one quarter, above the cap of ',
                    {{ as_percent('triggers.threshold') }}, '. Exchange accounts that renew in other quarters.'
                )
            when 'risk_stacking'
                then concat(
                    {{ in_words('triggers.value') }}, ' of ', {{ in_words('triggers.account_count') }},
                    ' accounts are red; up to ', {{ in_words('floor(triggers.threshold)') }},
                    ' can be worked on side by side. Spread the risk over more books.'
                )
            when 'unmonitored'
                then concat(
                    {{ as_percent('triggers.value') }}, ' of the accounts have had no meaningful conversation within ',
                    {{ in_words(threshold('unmonitored_days')) }}, ' days; the cadence and a margin explain up to ',
                    {{ as_percent('triggers.threshold') }}, '. Ask what keeps the time for them away.'
                )
            when 'slow_detection'
                then concat(
                    {{ in_words('triggers.late_episode_count') }}, ' of ',
                    {{ in_words('triggers.judged_episode_count') }},
                    ' risks were noticed after their window or not yet. The signals do not reach the book in time.'
                )
            when 'ramp_complete'
                then concat(
                    'The ramp is over and the accounts take ', {{ as_percent('triggers.value') }},
                    ' of the capacity: there is room to absorb work, up to ',
                    {{ in_words('triggers.room_hours') }}, ' hours a week.'
                )
            else concat(
                'Nobody has time this week for the accounts of this book: ', {{ in_words('triggers.value') }},
                case
                    when triggers.arr_usd is null then ''
                    else concat(', with ', {{ thousands('triggers.arr_usd') }}, ' USD of ARR')
                end,
                '. Name a cover.'
            )
        end as reason

    from triggers

)

select * from final
