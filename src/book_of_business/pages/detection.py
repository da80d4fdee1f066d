"""What notebook 03 asks of the marts: what the mean time to detection hides, and which measure of a book goes with it.

Nothing here is a metric: times, outcomes and means are those of the marts.
"""

from __future__ import annotations

import duckdb
import polars as pl

from book_of_business.calibration.rank_correlation import Correlation, correlate
from book_of_business.console import count_of
from book_of_business.marts import labelled, query

RIVALS = {"book_account_count": "accounts", "book_arr_usd": "ARR", "book_load_ratio": "load"}
HORIZON_DAYS = 90


def read_weeks(connection: duckdb.DuckDBPyConnection, week_count: int) -> pl.DataFrame:
    """The organisation's last weeks: week_end_date, counts, and the three means in days (null: none)."""
    return query(
        connection,
        f"""
        select
            weeks.week_end_date, weeks.is_latest, detection.detected_episode_count, detection.mean_detection_days,
            detection.open_undetected_count, detection.mean_open_age_days, detection.late_open_count,
            detection.within_window_count, detection.within_window_ratio, detection.restricted_mean_detection_days,
            detection.restricted_episode_count
        from marts.fct_team_risk_detection as detection
        inner join marts.dim_weeks as weeks on detection.week_start_date = weeks.week_start_date
        where detection.scope = 'organisation'
        order by weeks.week_end_date desc limit {int(week_count)}
    """,
    ).sort("week_end_date")


def read_csms(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The latest week of each CSM who is employed: what was noticed, what was not, and both together; days."""
    return labelled(
        connection,
        """
        select
            detection.csm_id, detection.detected_episode_count as noticed, detection.mean_detection_days as "mean days",
            detection.open_undetected_count as unnoticed, detection.mean_open_age_days as "mean age",
            detection.late_open_count as late, detection.restricted_episode_count as "in a year",
            detection.restricted_mean_detection_days as "mean of all"
        from marts.fct_csm_risk_detection as detection
        inner join marts.dim_weeks as weeks on detection.week_start_date = weeks.week_start_date and weeks.is_latest
        inner join marts.dim_csms as csms on detection.csm_id = csms.csm_id and csms.is_employed
        order by detection.open_undetected_count desc, detection.csm_id
    """,
    ).drop("csm_id")


def read_months(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Mean days of the detected by month and by which date: `counted_by` (detection, emergence), month, days, unseen.

    `unseen` counts, by emergence, the episodes that nobody has detected so far.
    """
    return query(
        connection,
        """
        select
            'by date of emergence' as counted_by, cast(date_trunc('month', emerged_at) as date) as month,
            avg(detection_days) as mean_days, count(*) - count(detected_at) as unseen_count, count(*) as episode_count
        from marts.fct_risk_episodes group by all
        union all
        select
            'by date of detection', cast(date_trunc('month', detected_at) as date), avg(detection_days), 0, count(*)
        from marts.fct_risk_episodes where detected_at is not null group by all
        order by 1, 2
    """,
    )


def read_waits(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Episodes whose wait is known to the horizon, with the book of whoever had to see them.

    Columns: csm_id, motion, wait_days (nobody waits longer than the horizon; unseen to a churn or a lapse is the
    horizon; one that is open and younger is left out), is_detected, and the three measures of the book.
    """
    return query(
        connection,
        f"""
        select
            episodes.csm_id, csms.motion, episodes.detected_at is not null as is_detected,
            least(coalesce(episodes.detection_days, {HORIZON_DAYS}), {HORIZON_DAYS}) as wait_days,
            cast(episodes.book_account_count as double) as book_account_count, episodes.book_arr_usd,
            episodes.book_load_ratio
        from marts.fct_risk_episodes as episodes
        inner join marts.dim_csms as csms on episodes.csm_id = csms.csm_id
        cross join (select max(week_end_date) as as_of_date from marts.dim_weeks) as clock
        where
            (episodes.outcome <> 'open' or episodes.emerged_at < clock.as_of_date + 1 - to_days({HORIZON_DAYS}))
            and episodes.book_load_ratio is not null
        order by episodes.episode_id
    """,
    )


def readings(waits: pl.DataFrame) -> pl.DataFrame:
    """Rank correlation of the wait with each measure of the book, under several readings.

    Columns: reading, measure, episode_count, correlation, lower, upper (null: too few to say). Intervals leave out one
    CSM at a time, since episodes of one book are alike.
    """
    inside = waits.filter(pl.len().over("csm_id") > 1).with_columns(
        (pl.col(name) - pl.col(name).mean().over("csm_id")).round(9) for name in ("wait_days", *RIVALS)
    )
    frames = {
        "all episodes": waits,
        "without the pooled motion": waits.filter(pl.col("motion") != "tech_touch"),
        "within each CSM, over time": inside,
        "detected ones only": waits.filter("is_detected"),
    }
    rows = []
    for reading, frame in frames.items():
        for column, measure in RIVALS.items():
            found: Correlation | None = correlate(frame, column, "wait_days")
            rows.append({
                "reading": reading, "measure": measure, "episode_count": frame.height,
                "correlation": found.value if found else None, "lower": found.low if found else None,
                "upper": found.high if found else None,
            })  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={
            "reading": pl.String, "measure": pl.String, "episode_count": pl.Int64, "correlation": pl.Float64,
            "lower": pl.Float64, "upper": pl.Float64,
        },
    )  # fmt: skip


def headline(weeks: pl.DataFrame) -> str:
    """What the mean of the detected says in the latest week, and what it leaves out."""
    latest = weeks.row(-1, named=True) if weeks.height else None
    if latest is None or latest["detected_episode_count"] is None:
        return "No risk signal can be observed in this book: data_coverage says which tables are missing."
    if latest["detected_episode_count"]:
        noticed = (
            f"{count_of(latest['detected_episode_count'], 'risk')} noticed in the last 30 days took "
            f"{latest['mean_detection_days']:.1f} days on average"
        )
    else:
        noticed = "No risk was noticed in the last 30 days"
    if latest["open_undetected_count"]:
        unseen = (
            f"; {count_of(latest['open_undetected_count'], 'other')} are still unnoticed, on average for "
            f"{latest['mean_open_age_days']:.1f} days, and {latest['late_open_count']} of them are past the time to act"
        )
    else:
        unseen = "; none is open unnoticed"
    if latest["restricted_mean_detection_days"] is None:
        return f"{noticed}{unseen}. There are too few episodes for a mean that counts both."
    return (
        f"{noticed}{unseen}. Counting both, and nobody longer than {HORIZON_DAYS} days, noticing takes "
        f"{latest['restricted_mean_detection_days']:.1f} days."
    )


def rivals_sentence(read: pl.DataFrame) -> str:
    """Which measure of the book goes along with waiting, and whether the data can tell."""
    whole = read.filter((pl.col("reading") == "all episodes") & pl.col("correlation").is_not_null())
    if whole.is_empty():
        return "Which measure of a book goes along with it cannot be told: there are too few episodes."
    told = whole.filter((pl.col("lower") > 0) | (pl.col("upper") < 0))
    words = "; ".join(
        f"{row['measure']} {row['correlation']:+.2f}"
        + (f" ({row['lower']:+.2f} to {row['upper']:+.2f})" if row["lower"] is not None else "")
        for row in whole.iter_rows(named=True)
    )
    if told.is_empty():
        return f"No measure of the book clearly goes along with the wait (rank correlations: {words})."
    names = " and ".join(told["measure"])
    return f"Longer waits go along with {names} (rank correlations: {words}); that is no proof of a cause."


def by_type(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Each signal type: episodes, detected, mean days of the detected, ended unseen, open, relapses."""
    return query(
        connection,
        """
        select
            replace(signal_type, '_', ' ') as "opened by", count(*) as episodes, count(detected_at) as detected,
            avg(detection_days) as "mean days of the detected",
            count(case when outcome in ('churned', 'lapsed') then 1 end) as "ended unnoticed",
            count(case when outcome = 'open' then 1 end) as "open",
            count(case when is_relapse then 1 end) as relapses
        from marts.fct_risk_episodes group by all order by episodes desc, 1
    """,
    )
