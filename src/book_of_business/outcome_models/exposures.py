"""Exposures from the published marts: each outcome with the load of the rest of its book, and what each source knew.

An account in trouble is more work by itself, and one that churns takes its work out of the book. So the load that
stands beside an outcome is that of the *rest* of the book; what the account itself adds is a term of its own.
"""

from __future__ import annotations

import duckdb
import polars as pl

from book_of_business.marts import UNASSIGNED, query

# Column of fct_outcome_exposure with the week, and what the load of the rest of the book is called then.
TIMES = {"later": "later_week_start_date", "earlier": "earlier_week", "earliest": "earliest_week"}
NEVER_DAYS = 365
SURVEY_DAYS = 364  # how long an answer is taken for what the customer thinks
SIGNAL_DAYS = 91  # a quarter: how long a sign of risk is kept in mind


def read(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per outcome of an account that a CSM held a lag before, in the order of the mart's grain.

    Columns of the mart, and load, own_load, later_load, earlier_load, earliest_load (null where no capacity, or where
    the published account-weeks do not reach), is_at_risk, has_open_risk (null: not observed), last_csat_score (of the
    account, from the year up to the exposure; null: none), touch_count.
    """
    joins = "\n".join(
        f"""
        left join marts.fct_csm_load as {name}_books
            on exposure.csm_id = {name}_books.csm_id and exposure.{week} = {name}_books.week_start_date
        left join marts.fct_account_effort as {name}_efforts
            on exposure.account_id = {name}_efforts.account_id and exposure.csm_id = {name}_efforts.csm_id
            and exposure.{week} = {name}_efforts.week_start_date
        """
        for name, week in {"lagged": "week_start_date", **TIMES}.items()
    )
    # an account that is not in the book then adds nothing to it, if that week is published at all
    loads = ",\n".join(
        f"case when exposure.{week} >= reach.first_week then {name}_books.load_ratio"
        f" - coalesce({name}_efforts.effort_hours / nullif({name}_books.target_capacity_hours, 0), 0) end as {alias}"
        for name, week, alias in (
            ("lagged", "week_start_date", "load"),
            *((name, week, f"{name}_load") for name, week in TIMES.items()),
        )
    )
    return query(
        connection,
        f"""
        with reach as (select min(week_start_date) as first_week from marts.fct_account_effort),
        surveys as (select * from marts.fct_outcome_exposure where outcome_type = 'csat'),
        gaps as (
            select
                outcomes.*,
                -- the weeks from the exposure to the one after the outcome are two lags
                week_start_date - cast((later_week_start_date - week_start_date) // 2 as int) as earlier_week,
                week_start_date - cast(later_week_start_date - week_start_date as int) as earliest_week
            from marts.fct_outcome_exposure as outcomes
        )
        select
            exposure.*, {loads},
            lagged_efforts.effort_hours / nullif(lagged_books.target_capacity_hours, 0) as own_load,
            exposure.lifecycle_level = 'at_risk' as is_at_risk, exposure.open_episode_count > 0 as has_open_risk,
            exposure.meaningful_interaction_count as touch_count,
            case when surveys.outcome_on > exposure.week_start_date + 6 - to_days({SURVEY_DAYS})
                then surveys.outcome_score end as last_csat_score
        from gaps as exposure
        cross join reach
        asof left join surveys
            on exposure.account_id = surveys.account_id and exposure.week_start_date + 6 >= surveys.outcome_on
        {joins}
        where exposure.csm_id <> '{UNASSIGNED}'
        order by exposure.outcome_type, exposure.account_id, exposure.outcome_on
    """,
    )


def read_sources(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Rows of `ablation.ablate`: an account and quarter, whether it churned, and what each source knew when it began.

    `crm_*`: segment, ARR, stage, health scores, tickets, renewals and expansions; `usage_*`: signals of falling use;
    `conversation_*`: sentiment, follow-up, silent contacts, days since the last real conversation.
    """
    frame = query(
        connection,
        f"""
        with signals as (
            select
                exposure.account_id, exposure.outcome_on,
                count(case when signals.signal_type = 'delayed_renewal' then 1 end) as crm_delayed,
                count(case when signals.signal_type = 'ticket_escalation' then 1 end) as crm_tickets,
                count(case when signals.signal_type = 'usage_decline' then 1 end) as usage_declines,
                count(case when signals.signal_type = 'negative_sentiment' then 1 end) as conversation_bad,
                count(case when signals.signal_type = 'stakeholder_disengagement' then 1 end) as conversation_silent
            from marts.fct_outcome_exposure as exposure
            left join marts.fct_risk_signals as signals
                on exposure.account_id = signals.account_id
                and cast(signals.emerged_at as date) <= exposure.week_start_date + 6
                and cast(signals.emerged_at as date) > exposure.week_start_date + 6 - to_days({SIGNAL_DAYS})
            where exposure.outcome_type = 'nrr'
            group by all
        )
        select
            exposure.csm_id, exposure.outcome_on as period, cast(exposure.outcome = 'churned' as double) as target,
            exposure.segment, ln(1 + exposure.concerned_arr_usd) as crm_arr,
            efforts.lifecycle_level = 'renewal' as crm_renewal, efforts.lifecycle_level = 'at_risk' as crm_risk,
            efforts.lifecycle_level = 'onboarding' as crm_onboarding, coalesce(exposure.is_red, false) as crm_red,
            efforts.health_trajectory_level = 'declining' as crm_declining,
            efforts.expansion_level = 'active' as crm_expansion, efforts.footprint_level = 'one' as crm_one_product,
            signals.crm_delayed, signals.crm_tickets, signals.usage_declines, signals.conversation_bad,
            signals.conversation_silent, efforts.sentiment_level = 'negative' as conversation_negative,
            efforts.sentiment_level = 'positive' as conversation_positive,
            efforts.sentiment_level <> 'unknown' as conversation_heard,
            efforts.follow_up_level = 'heavy' as conversation_heavy,
            ln(1 + least(coalesce(exposure.days_since_meaningful, {NEVER_DAYS}), {NEVER_DAYS})) as conversation_days
        from marts.fct_outcome_exposure as exposure
        inner join signals
            on exposure.account_id = signals.account_id and exposure.outcome_on = signals.outcome_on
        inner join marts.fct_account_effort as efforts
            on exposure.account_id = efforts.account_id and exposure.week_start_date = efforts.week_start_date
        where exposure.outcome_type = 'nrr' and exposure.csm_id <> '{UNASSIGNED}'
        order by exposure.account_id, exposure.outcome_on
    """,
    )
    segments = frame["segment"].unique().sort().to_list()[1:]
    return frame.with_columns(
        (pl.col("segment") == segment).alias(f"crm_segment_{place}") for place, segment in enumerate(segments)
    ).drop("segment")
