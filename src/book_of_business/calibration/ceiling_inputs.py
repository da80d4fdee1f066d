"""What the ceilings are estimated from: CSM-weeks of the published marts, what is left out of them, and the default."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.calibration.ceilings import Limits
from book_of_business.marts import query
from book_of_business.receiving.reference_files import read_thresholds

LEFT_OUT = {
    "unscored": "no conversation with a quality score",
    "away": "there for too small a part of the week (leave, ramp)",
    "few": "of CSMs with too few such weeks",
}


def read_limits(reference_dir: Path | None = None) -> Limits:
    """The limits in force (as `read_thresholds`)."""
    return Limits(**read_thresholds(reference_dir, Limits.__dataclass_fields__))


def read_last_week(
    connection: duckdb.DuckDBPyConnection, no_later_than: datetime.date | None = None
) -> datetime.date | None:
    """Monday of the last published week, of those up to a day (null: of all); null: there is none."""
    until = f"where week_start_date <= '{no_later_than:%Y-%m-%d}'" if no_later_than else ""
    return query(connection, f"select max(week_start_date) as last_week from marts.dim_weeks {until}").item()


def read_csm_weeks(
    connection: duckdb.DuckDBPyConnection, week_count: float, last_week: datetime.date | None = None
) -> pl.DataFrame:
    """One row per CSM and each of the last weeks (of those up to a Monday, where one is given).

    Columns: role_tier, csm_id, week_start_date, counted_count, scale_ratio (fte x ramp x availability: what the
    ceiling is scaled by; null: not employed), quality_score and standardised_score (means of the week's scored
    conversations; the latter against its scorecard), scored_count, standardised_count, red_share (of the book's
    accounts; null: no health scores).
    """
    until = f"where week_start_date <= '{last_week:%Y-%m-%d}'" if last_week else ""
    return query(
        connection,
        f"""
        select
            csms.role_tier, throughput.csm_id, throughput.week_start_date,
            throughput.counted_interaction_count as counted_count,
            capacity.fte * capacity.ramp_ratio * capacity.availability_ratio as scale_ratio,
            engagement.mean_quality_score as quality_score,
            coalesce(engagement.scored_interaction_count, 0) as scored_count,
            engagement.standardised_quality_score as standardised_score,
            coalesce(engagement.standardised_interaction_count, 0) as standardised_count,
            case
                when books.red_account_count is not null
                    then books.red_account_count / greatest(books.account_count, 1)
            end as red_share
        from marts.fct_csm_throughput as throughput
        inner join marts.dim_csms as csms on throughput.csm_id = csms.csm_id
        inner join (
            select week_start_date from marts.dim_weeks {until}
            order by week_start_date desc limit {int(week_count)}
        ) as weeks on throughput.week_start_date = weeks.week_start_date
        left join marts.fct_csm_capacity as capacity
            on throughput.csm_id = capacity.csm_id and throughput.week_start_date = capacity.week_start_date
        left join marts.fct_csm_engagement as engagement
            on throughput.csm_id = engagement.csm_id and throughput.week_start_date = engagement.week_start_date
        left join marts.fct_books as books
            on throughput.csm_id = books.csm_id and throughput.week_start_date = books.week_start_date
        order by csms.role_tier, throughput.csm_id, throughput.week_start_date
    """,
    )


def marked(csm_weeks: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """The CSM-weeks with volume (counted interactions at full capacity) and left_out (a key of LEFT_OUT, null: kept).

    A week in which somebody was hardly there says little: a call or two become many when scaled up.
    """
    is_there = pl.col("scale_ratio").fill_null(0).round(9) >= limits.ceiling_minimum_scale_ratio
    is_scored = (pl.col("scored_count") > 0) & pl.col("quality_score").is_not_null()
    rows = csm_weeks.with_columns(is_kept=is_there & is_scored)
    has_enough = pl.col("is_kept").sum().over("csm_id") >= limits.ceiling_minimum_csm_weeks
    return rows.with_columns(
        volume=pl.when(is_there).then(pl.col("counted_count") / pl.col("scale_ratio")),
        left_out=pl.when(~is_there)
        .then(pl.lit("away"))
        .when(~is_scored)
        .then(pl.lit("unscored"))
        .when(~has_enough)
        .then(pl.lit("few")),
    ).drop("is_kept")


def observations(csm_weeks: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """What is fitted: the rows of `marked` that are kept."""
    return marked(csm_weeks, limits).filter(pl.col("left_out").is_null()).drop("left_out")


def exclusions(csm_weeks: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """How many CSM-weeks of each tier are kept and how many are not, and why: tier, CSM-weeks, kept, and LEFT_OUT."""
    counts = [
        (pl.col("left_out") == key).sum().alias(words) for key, words in LEFT_OUT.items()
    ]  # fmt: skip
    return (
        marked(csm_weeks, limits)
        .group_by(pl.col("role_tier").alias("tier"))
        .agg(pl.len().alias("CSM-weeks"), pl.col("left_out").is_null().sum().alias("kept"), *counts)
        .sort("tier")
    )


def read_defaults(connection: duckdb.DuckDBPyConnection, reference_dir: Path | None = None) -> pl.DataFrame:
    """One row per role tier: its ceiling in force, and the flagged default from the productive hours.

    Columns: role_tier, in_force (counted interactions a week at full capacity; null: nobody of the tier was ever
    there), hours_per_touch (of today's books, by their cadence, preparation included; null: no touch is owed),
    default_ceiling, default_lower, default_upper (productive hours, 20 and 25 of them, over the hours of a touch).
    """
    names = ("productive_hours_low", "productive_hours_high", "quarter_days")
    low, high, days = read_thresholds(reference_dir, names).values()
    return query(
        connection,
        f"""
        with plans as (
            select
                csms.role_tier,
                sum(plans.required_hours_per_week) * {days / 7}
                / nullif(sum(plans.required_touch_count), 0) as hours_per_touch,
                sum(plans.required_touch_count * csms.productive_hours_per_week)
                / nullif(sum(plans.required_touch_count), 0) as productive_hours
            from marts.fct_touch_plan as plans
            inner join marts.dim_csms as csms on plans.csm_id = csms.csm_id
            where not csms.is_unassigned
            group by csms.role_tier
        ),
        ceilings as (
            select
                csms.role_tier,
                round(median(
                    capacity.throughput_ceiling_count
                    / nullif(capacity.fte * capacity.ramp_ratio * capacity.availability_ratio, 0)
                ), 6) as in_force
            from marts.dim_csms as csms
            left join marts.fct_csm_capacity as capacity on csms.csm_id = capacity.csm_id
            where not csms.is_unassigned
            group by csms.role_tier
        )
        select
            ceilings.role_tier, ceilings.in_force, plans.hours_per_touch,
            plans.productive_hours / nullif(plans.hours_per_touch, 0) as default_ceiling,
            {low} / nullif(plans.hours_per_touch, 0) as default_lower,
            {high} / nullif(plans.hours_per_touch, 0) as default_upper
        from ceilings
        left join plans on ceilings.role_tier = plans.role_tier
        order by ceilings.role_tier
    """,
    )
