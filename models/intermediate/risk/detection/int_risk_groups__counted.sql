-- Grain: one row per scope, group_name and week_start_date with episodes that still say something.
-- Why: the mean of what was found flatters those who find little: what is still open stands beside it.
{% set spans = {
    'recent': ('from_week', 'recent_to_week'),
    'open': ('from_week', 'ended_week'),
    'late': ('late_from_week', 'ended_week'),
    'detected': ('detected_week', 'detected_to_week'),
} %}
{% set sums = {
    'restricted_episode_count': ('recent', '1'),
    'open_undetected_count': ('open', '1'),
    'open_week_numbers': ('open', week_number('followed.from_week')),
    'open_microseconds': ('open', 'followed.first_week_microseconds'),
    'late_open_count': ('late', '1'),
    'detected_episode_count': ('detected', '1'),
    'detection_microseconds': ('detected', 'followed.followed_microseconds'),
    'within_window_count': ('detected', 'case when followed.is_within_window then 1 else 0 end'),
} %}
{# all are whole numbers, so each is its own count #}
{% set counted_by = {} %}
{% for name in sums %}
    {% do counted_by.update({name: name}) %}
{% endfor %}
{% set scopes = [("'csm'", 'csms.csm_id'), ('team_scope', 'team_name'), ("'organisation'", "'organisation'")] %}
{% set first_week = '(select min(weeks.week_start_date) from weeks)' %}
with

followed as (

    select * from {{ ref('int_risk_episodes__followed') }}

),

weeks as (

    select * from {{ ref('int_weeks') }}

),

csms as (

    select distinct
        csm_id,
        team_scope,
        team_name
    from followed

),

csm_weeks as (

    select
        csms.csm_id,
        weeks.week_start_date
    from csms
    cross join weeks

),

contributions as (

    {% for span, (from_week, to_week) in spans.items() %}
        select
            followed.csm_id,
            {% for name, (counted, value) in sums.items() %}
                cast({{ value if counted == span else 0 }} as bigint) as {{ name }},
            {% endfor %}
            greatest(followed.{{ from_week }}, {{ first_week }}) as from_week,
            coalesce(followed.{{ to_week }}, cast('9999-12-27' as date)) as to_week
        from followed
        where
            followed.{{ from_week }} is not null
            and greatest(followed.{{ from_week }}, {{ first_week }})
            < coalesce(followed.{{ to_week }}, cast('9999-12-27' as date))
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

csm_sums as (

    {{ summed_spans('csm_weeks', 'contributions', counted_by) }}

),

-- An episode counts for whoever had to see it, for that person's team or lack of one, and for the organisation.
group_sums as (

    {% for scope, name in scopes %}
        select
            {{ scope }} as scope,
            {{ name }} as group_name,
            {% for column in sums %}
                cast(sum(csm_sums.{{ column }}) as bigint) as {{ column }},
            {% endfor %}
            csm_sums.week_start_date
        from csm_sums
        inner join csms on csm_sums.csm_id = csms.csm_id
        {{ "where csms.csm_id != 'unassigned'" if loop.first }}
        group by {{ scope }}, {{ name }}, csm_sums.week_start_date
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        group_sums.*,
        row_number() over (order by group_sums.scope, group_sums.group_name, group_sums.week_start_date)
            as group_week_number,
        {{ ratio(microseconds_as_days('group_sums.detection_microseconds'), 'group_sums.detected_episode_count') }}
            as mean_detection_days,
        {{ ratio(
            '(7 * (' ~ week_number('group_sums.week_start_date')
            ~ ' * group_sums.open_undetected_count - group_sums.open_week_numbers) + '
            ~ microseconds_as_days('group_sums.open_microseconds') ~ ')',
            'group_sums.open_undetected_count'
        ) }} as mean_open_age_days

    from group_sums
    where group_sums.restricted_episode_count + group_sums.open_undetected_count + group_sums.detected_episode_count > 0

)

select * from final
