{#- What sets off a rebalancing, as data. Each has a value and a threshold, which are published, and `holds`, in which
    {v} and {t} stand for them as compared. Where an input was not observed, the comparison is null and nothing holds; risk flags
    alone do not say that nobody noticed, so that where no interaction is on file (and none is counted) nobody is slow. The
    trigger `unmonitored` is neglect beyond the cadence; of an account the word means days alone (`is_unmonitored`). -#}
{% macro rebalancing_triggers() %}
    {%- set over = '{v} > {t}' -%}
    {%- set at_least = '{v} >= {t}' -%}
    {{ return({
        'load_over_target': {
            'value': 'consecutive_weeks_over_target',
            'threshold': threshold('consecutive_weeks'),
            'holds': at_least,
        },
        'throughput_intervention': {
            'value': 'consecutive_weeks_over_ceiling',
            'threshold': threshold('consecutive_weeks'),
            'holds': at_least,
        },
        'touch_ceiling': {'value': 'required_touch_count', 'threshold': 'touch_ceiling_count', 'holds': over},
        'renewal_cap': {
            'value': 'peak_renewal_share',
            'threshold': threshold('renewal_cap_share'),
            'holds': over,
        },
        'risk_stacking': {'value': 'red_account_count', 'threshold': 'risk_stacking_threshold_count', 'holds': over},
        'unmonitored': {
            'value': 'unmonitored_ratio',
            'threshold': 'least(1, ' ~ ratio('expected_unmonitored_count', 'account_count')
                ~ ' + greatest(' ~ threshold('unmonitored_margin_ratio') ~ ', ' ~ ratio('1', 'account_count') ~ '))',
            'holds': over ~ ' and observed_days >= ' ~ threshold('unmonitored_days'),
        },
        'slow_detection': {
            'value': ratio('late_episode_count', 'detected_episode_count + late_open_count'),
            'threshold': threshold('slow_detection_share'),
            'holds': over ~ ' and counted_interaction_count is not null'
                ~ ' and detected_episode_count + late_open_count >= ' ~ threshold('slow_detection_minimum_count'),
        },
        'ramp_complete': {
            'value': 'load_ratio',
            'threshold': threshold('ramp_room_load_ratio'),
            'holds': '{v} < {t} and is_still_employed and ramp_days > 0 and tenure_days >= ramp_days and tenure_days < ramp_days + '
                ~ threshold('ramp_complete_days'),
        },
        'uncovered_book': {
            'value': 'account_count',
            'threshold': '0',
            'holds': over ~ " and (is_uncovered or csm_id = 'unassigned')",
        },
    }) }}
{% endmacro %}
