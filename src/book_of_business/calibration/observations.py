"""What calibration learns from: account-weeks with the minutes they took, from the published marts alone.

An account-week counts as observed when its CSM keeps a log and wrote something into it that week; with no minutes on
the account it is then an observed zero. Weeks of a CSM who never logs are not observed, and left out with a reason.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from book_of_business.calibration.limits import Limits
from book_of_business.calibration.weights import FACTORS
from book_of_business.errors import UserError
from book_of_business.marts import UNASSIGNED, query

TIME_ENTRIES = "time entries"
INTERACTIONS = "interaction minutes plus preparation"
LEVELS = tuple(f"{factor}_level" for factor in FACTORS)
# Reasons in the order in which they are asked.
REASONS = (
    "nobody owned the account",
    "the CSM was away all week",
    "the CSM does not keep a log",
    "the CSM logged nothing at all that week",
)


@dataclass(frozen=True)
class Observations:
    """Account-weeks that can be learnt from.

    rows: account_id, csm_id (owner on the Sunday), week_start_date, segment, `<factor>_level` of the eight,
        exposure_ratio (part of the week that the owner was there), minutes (that anybody spent on the account),
        talk_minutes (that completed interactions lasted, with preparation: what minutes are where nobody logs time),
        arr_usd (null: not known), load_ratio (of the owner's book in the week; null: no capacity).
    exclusions: reason, account_week_count, minutes, one row per reason of REASONS, in order.
    source: TIME_ENTRIES or INTERACTIONS.
    """

    rows: pl.DataFrame
    source: str
    exclusions: pl.DataFrame

    @property
    def csm_count(self) -> int:
        return self.rows["csm_id"].n_unique()

    @property
    def week_count(self) -> int:
        return self.rows["week_start_date"].n_unique()

    def only(self, condition: pl.Expr) -> Observations:
        """The observations that fulfil a condition."""
        return Observations(self.rows.filter(condition), self.source, self.exclusions)

    def chosen(
        self, without_csms: Sequence[str] = (), first_week: str | None = None, last_week: str | None = None
    ) -> Observations:
        """The observations without some CSMs (ids), from one Monday to another (YYYY-MM-DD; null: all weeks).

        Raises:
            UserError: if a Monday is not a date.
        """
        kept = self.only(~pl.col("csm_id").is_in(list(without_csms)))
        for text, is_first in ((first_week, True), (last_week, False)):
            if text is None:
                continue
            try:
                day = datetime.date.fromisoformat(text)
            except ValueError:
                raise UserError(f"{text!r} is not a date: give a Monday as YYYY-MM-DD") from None
            week = pl.col("week_start_date")
            kept = kept.only(week >= day if is_first else week <= day)
        return kept


def read(connection: duckdb.DuckDBPyConnection, limits: Limits, last_week: datetime.date | None = None) -> Observations:
    """The observations of a published book, as they were at the end of a week (its Monday; null: the latest).

    Raises:
        UserError: if the published file lacks a mart or column.
    """
    account_weeks = query(
        connection,
        f"""
        with logged as (
            select
                account_id, week_start_date, sum(capped_entry_minutes) as entry_minutes,
                sum(interaction_minutes + preparation_minutes) as talk_minutes
            from marts.fct_account_logged_time
            group by account_id, week_start_date
        )
        select
            efforts.account_id, efforts.csm_id, efforts.week_start_date, efforts.segment,
            {", ".join(f"efforts.{level}" for level in LEVELS)},
            accounts.arr_usd, loads.load_ratio, coalesce(loads.availability_ratio, 0) as exposure_ratio,
            coalesce(logged.entry_minutes, 0) as entry_minutes, coalesce(logged.talk_minutes, 0) as talk_minutes
        from marts.fct_account_effort as efforts
        left join marts.fct_csm_load as loads
            on efforts.csm_id = loads.csm_id and efforts.week_start_date = loads.week_start_date
        left join marts.dim_accounts as accounts on efforts.account_id = accounts.account_id
        left join logged
            on efforts.account_id = logged.account_id and efforts.week_start_date = logged.week_start_date
        order by efforts.week_start_date, efforts.account_id
    """,
    )
    entries = query(
        connection,
        "select csm_id, week_start_date, logged_minutes from marts.fct_csm_logged_time where logged_minutes > 0",
    )
    talks = query(
        connection,
        "select csm_id, week_start_date, sum(interaction_count) as logged_minutes from marts.fct_account_logged_time"
        " where interaction_count > 0 group by csm_id, week_start_date",
    )
    if last_week is not None:
        is_known = pl.col("week_start_date") <= last_week
        account_weeks, entries, talks = (frame.filter(is_known) for frame in (account_weeks, entries, talks))
    return observe(account_weeks, entries, talks, limits)


def observe(account_weeks: pl.DataFrame, entries: pl.DataFrame, talks: pl.DataFrame, limits: Limits) -> Observations:
    """Choose the source and leave out what was not observed.

    Args:
        account_weeks: the columns of `Observations.rows` with entry_minutes and talk_minutes in place of minutes.
        entries: csm_id, week_start_date of the weeks in which a CSM wrote down any time.
        talks: the same of completed interactions.
        limits: how much of a log makes one.
    """
    owned = account_weeks.filter((pl.col("csm_id") != UNASSIGNED) & (pl.col("exposure_ratio") > 0))
    source = choose_source(owned, entries, limits)
    column, log = ("entry_minutes", entries) if source == TIME_ENTRIES else ("talk_minutes", talks)
    written = log.select("csm_id", "week_start_date", is_written=pl.lit(True)).unique()
    keepers = keepers_of(owned, written, limits)
    judged = account_weeks.join(written, on=["csm_id", "week_start_date"], how="left").with_columns(
        pl.col(column).alias("minutes"),
        pl.when(pl.col("csm_id") == UNASSIGNED)
        .then(pl.lit(REASONS[0]))
        .when(pl.col("exposure_ratio") <= 0)
        .then(pl.lit(REASONS[1]))
        .when(~pl.col("csm_id").is_in(keepers))
        .then(pl.lit(REASONS[2]))
        .when(pl.col("is_written").is_null())
        .then(pl.lit(REASONS[3]))
        .alias("reason"),
    )
    left_out = judged.filter(pl.col("reason").is_not_null()).group_by("reason")
    counts = left_out.agg(account_week_count=pl.len().cast(pl.Int64), minutes=pl.col("minutes").sum())
    exclusions = (
        pl.DataFrame({"reason": REASONS})
        .join(counts, on="reason", how="left", maintain_order="left")
        .with_columns(pl.col("account_week_count", "minutes").fill_null(0))
    )
    columns = [
        "account_id",
        "csm_id",
        "week_start_date",
        "segment",
        *LEVELS,
        "exposure_ratio",
        "minutes",
        "talk_minutes",
        "arr_usd",
        "load_ratio",
    ]
    rows = judged.filter(pl.col("reason").is_null()).select(columns).sort("week_start_date", "account_id")
    return Observations(rows, source, exclusions)


def keepers_of(owned: pl.DataFrame, written: pl.DataFrame, limits: Limits) -> list[str]:
    """CSMs who wrote something into the log in enough of the weeks in which they were there and had accounts."""
    weeks = owned.select("csm_id", "week_start_date").unique()
    shares = (
        weeks.join(written, on=["csm_id", "week_start_date"], how="left")
        .group_by("csm_id")
        .agg(share=pl.col("is_written").is_not_null().mean())
    )
    return shares.filter(pl.col("share") >= limits.logging_week_ratio)["csm_id"].sort().to_list()


def choose_source(owned: pl.DataFrame, entries: pl.DataFrame, limits: Limits) -> str:
    """Time entries where enough CSMs keep a log of them (the minimum of a calibration, or half of the team).

    Else what interactions lasted, with preparation: of those everybody has a record.
    """
    written = entries.select("csm_id", "week_start_date", is_written=pl.lit(True)).unique()
    keepers = keepers_of(owned, written, limits)
    needed = min(limits.minimum_csm_count, max(1.0, owned["csm_id"].n_unique() / 2))
    return TIME_ENTRIES if len(keepers) >= needed else INTERACTIONS


def source_sentence(observations: Observations) -> str:
    """Which minutes are learnt from, and why."""
    if observations.source == TIME_ENTRIES:
        return "Learnt from time entries, since enough CSMs keep a log of their time."
    return (
        "Learnt from how long interactions lasted plus an assumed preparation, since too few CSMs log their time: work"
        " that is no interaction is not seen, and weights of levels that cause such work come out too low."
    )
