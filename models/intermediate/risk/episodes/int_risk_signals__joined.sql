-- Grain: one row per signal_id.
-- Why: signals of one episode are one risk, found once; whatever comes after somebody knew is another.
{% set lapse_at = instant_after('aware.earlier_emerged_at', threshold('episode_lapse_days')) %}
with

signals as (

    select * from {{ ref('int_risk_signals__owned') }}

),

aware as (

    select * from {{ ref('int_risk_signals__aware') }}

),

-- As long as an episode is open, the next awareness is the same seen from each of its signals: so whether a signal
-- joins can be told from the one before it. At the instant of detection it still joins, also when that instant is
-- the very lapse.
links as (

    select
        aware.*,
        aware.earlier_emerged_at is not null
        and (aware.earlier_aware_at is null or aware.emerged_at <= aware.earlier_aware_at)
        and (
            aware.emerged_at < {{ lapse_at }}
            or (aware.emerged_at = {{ lapse_at }} and aware.emerged_at = aware.earlier_aware_at)
        ) as is_in_reach

    from aware

),

-- A conversation that is itself a signal ends the open episode and opens none; if no episode is open, it opens one.
-- In a run of such conversations every second one therefore opens.
candidates as (

    select
        links.*,
        links.is_in_reach
        and links.is_conversation_only
        and coalesce(links.emerged_at = links.earlier_aware_at, false) as could_end

    from links

),

streaks as (

    select
        candidates.*,
        {{ streak_number('candidates.could_end', 'candidates.account_id', 'candidates.emerged_at') }} as streak_number

    from candidates

),

endings as (

    select
        streaks.*,
        {{ consecutive_count('streaks.could_end', 'streaks.account_id', 'streaks.emerged_at') }} % 2 = 1 as is_ending

    from streaks

),

openings as (

    select
        endings.*,
        case
            when
                endings.is_in_reach
                and not lag(endings.is_ending) over (partition by endings.account_id order by endings.emerged_at)
                then 0
            else 1
        end as opening_count

    from endings

),

numbered as (

    select
        openings.*,
        {{ running_sum('openings.opening_count', 'openings.account_id', 'openings.emerged_at') }} as episode_number

    from openings

),

final as (

    select
        signals.signal_id,
        signals.account_id,
        signals.csm_id,
        signals.signal_type,
        signals.detector,
        signals.emerged_at,
        signals.severity_score,
        numbered.aware_at,
        -- called by the signal that opened it, the gravest of several at once
        first_value(signals.signal_id) over (
            partition by signals.account_id, numbered.episode_number
            order by signals.emerged_at asc, signals.severity_score desc, signals.signal_id asc
        ) as episode_id

    from signals
    inner join numbered on signals.account_id = numbered.account_id and signals.emerged_at = numbered.emerged_at

)

select * from final
