"""Whether the log can be believed, and whether there is anything in it: said before any weight is shown.

The signal is compared with chance: the histories of levels are shuffled among the accounts of each CSM and segment.
What levels explain then is what any labels would.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from book_of_business.calibration.comparisons import deviance
from book_of_business.calibration.effort_model import Calibration, Cells, cells_of, deviations_of, hours_of, learnable
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import LEVELS, Observations
from book_of_business.calibration.weights import BASE, Level, Weights
from book_of_business.console import count_of
from book_of_business.marts import query

DEALS = 39  # with none of them as good, chance would be that lucky once in 40
CHANCE = 0.05
FEW_ENTRIES = 3  # on one day in a week of so few entries there is nothing odd
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOTABLE_OWNERLESS = 0.2


@dataclass(frozen=True)
class LogQuality:
    """How time was logged: sums over all CSM-weeks. Ratios are null without entries."""

    entry_count: int
    ownerless_ratio: float | None
    batch_week_ratio: float | None
    batch_weekday: str | None
    long_entry_count: int
    longest_entry_minutes: float | None
    batch_csm_count: int
    csm_count: int

    def sentences(self, limits: Limits) -> list[str]:
        """What to know of the log before believing it."""
        if not self.entry_count:
            return ["Nobody logs time: there are no time entries, or none in the weeks that are measured."]
        said = [f"{count_of(self.entry_count, 'time entry', 'time entries')} of {count_of(self.csm_count, 'CSM')}."]
        if self.ownerless_ratio is not None and self.ownerless_ratio >= NOTABLE_OWNERLESS:
            said.append(
                f"{self.ownerless_ratio:.0%} of the time names no account: internal work, or work that nobody assigned."
                " If it is forgotten more often for one kind of account than for another, the weights are off, and"
                " nothing here can show it."
            )
        if self.long_entry_count:
            said.append(
                f"{count_of(self.long_entry_count, 'entry is', 'entries are')} longer than a day's work (up to"
                f" {(self.longest_entry_minutes or 0) / 60:,.0f} hours) and counted only that far."
            )
        if self.batch_week_ratio is not None and self.batch_week_ratio > limits.batch_day_ratio / 2:
            said.append(
                f"In {self.batch_week_ratio:.0%} of the weeks nearly all time stands on one day, mostly a"
                f" {self.batch_weekday}: weeks are written down at once, from memory. Sums by week can still be used;"
                " what was forgotten is gone."
            )
        elif self.batch_csm_count:
            said.append(
                f"{count_of(self.batch_csm_count, 'CSM writes', 'CSMs write')} most weeks down on one day, from memory."
            )
        return said


def log_quality(connection: duckdb.DuckDBPyConnection, limits: Limits) -> LogQuality:
    """How time was logged, from `fct_csm_logged_time`."""
    return quality_of(query(connection, "select * from marts.fct_csm_logged_time"), limits)


def quality_of(weeks: pl.DataFrame, limits: Limits) -> LogQuality:
    """The same, of the rows of that mart."""
    if weeks.is_empty():
        return LogQuality(0, None, None, None, 0, None, 0, 0)
    told = weeks.filter((pl.col("time_entry_count") > FEW_ENTRIES) & (pl.col("logged_minutes") > 0)).with_columns(
        is_batch=pl.col("busiest_day_minutes") >= limits.batch_day_ratio * pl.col("logged_minutes"),
        weekday=pl.col("busiest_on").dt.weekday(),
    )
    batches = told.filter(pl.col("is_batch"))
    days = batches["weekday"].mode().sort()
    usual = told.group_by("csm_id").agg(pl.col("is_batch").mean()).filter(pl.col("is_batch") > 1 / 2)
    minutes = weeks["logged_minutes"].sum()
    return LogQuality(
        entry_count=weeks["time_entry_count"].sum(),
        ownerless_ratio=weeks["ownerless_minutes"].sum() / minutes if minutes else None,
        batch_week_ratio=told["is_batch"].mean() if told.height else None,
        batch_weekday=WEEKDAYS[days[0] - 1] if len(days) else None,
        long_entry_count=weeks["long_entry_count"].sum(),
        longest_entry_minutes=weeks["longest_entry_minutes"].max(),
        batch_csm_count=usual.height,
        csm_count=weeks["csm_id"].n_unique(),
    )


@dataclass(frozen=True)
class Signal:
    """How much of the deviance between a CSM's accounts of one segment the levels explain, and what chance explains.

    `p_value`: share of deals (the real one included) that explain as much.
    """

    explained_ratio: float
    by_chance_ratio: float
    p_value: float

    @property
    def is_there(self) -> bool:
        return self.p_value <= CHANCE

    @property
    def sentence(self) -> str:
        figures = (
            f"the attributes explain {self.explained_ratio:.1%} of the deviance of account-weeks within books; dealt"
            f" out at random among the accounts they explain {self.by_chance_ratio:.1%} (p = {self.p_value:.3f})"
        )
        if self.is_there:
            return f"There is a signal: {figures}."
        return f"No signal: {figures}. No driver is ranked."


def signal(observations: Observations, weights: Weights, levels: list[Level], seed: int, deals: int = DEALS) -> Signal:
    """Hold what the levels explain against deals of the same levels.

    Args:
        observations: account-weeks.
        weights: in force; only to begin from.
        levels: those that can be learnt.
        seed: of the deals.
        deals: how many.
    """
    rng = np.random.default_rng(seed)
    real = explained(observations.rows, weights, levels)
    chance = [explained(dealt(observations.rows, rng), weights, levels) for _ in range(deals)]
    as_good = sum(value >= real for value in chance)
    return Signal(real, float(np.mean(chance)), (1 + as_good) / (1 + deals))


def signal_of(calibration: Calibration | None, seed: int, deals: int = DEALS) -> Signal | None:
    """The signal of the levels that a calibration learnt; null where it learnt none."""
    if calibration is None or not calibration.errors:
        return None
    return signal(calibration.observations, calibration.in_force, list(calibration.errors), seed, deals)


def dealt(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The rows with the level histories of other accounts of the same CSM and segment."""
    holders = rows.select("csm_id", "segment", "account_id").unique().sort("csm_id", "segment", "account_id")
    mixed = holders.with_columns(order=pl.Series(rng.random(holders.height)))
    other = mixed.sort("csm_id", "segment", "order")["account_id"]
    pairs = holders.with_columns(other_id=other)
    histories = rows.select(pl.col("account_id").alias("other_id"), "csm_id", "week_start_date", *LEVELS)
    bare = rows.drop(LEVELS).join(pairs, on=["csm_id", "segment", "account_id"])
    return bare.join(histories, on=["other_id", "csm_id", "week_start_date"])


def explained(rows: pl.DataFrame, weights: Weights, levels: list[Level]) -> float:
    """Share of the deviance of account-weeks, within CSM and segment, that the levels explain (without minutes: 0).

    Of single account-weeks, not of the means of equal ones: most of what an account takes in one week is chance, and
    a share of means would hide that.
    """
    if not rows["minutes"].sum():  # a deal leaves out weeks in which the other account was not there
        return 0.0
    flat = Weights("flat", {level: weight if level[0] == BASE else 1.0 for level, weight in weights.values.items()})
    found = learnable(rows, flat, levels)
    cells = cells_of(rows, flat, found.levels, found.held)
    segment = np.unique(cells.segment, return_inverse=True)[1]
    group = np.unique(cells.csm * (segment.max() + 1) + segment, return_inverse=True)[1]
    plain = scaled_within(cells, np.ones(len(cells.csm)), group)
    fitted = scaled_within(cells, np.exp(cells.sample.columns @ deviations_of(cells)), group)
    before = (cells.count * deviance(cells.minutes, plain)).sum()
    after = (cells.count * deviance(cells.minutes, fitted)).sum()
    whole = before + cells.spread.sum()
    return float((before - after) / whole) if whole > 0 else 0.0


def scaled_within(cells: Cells, ratio: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Predictions with the sums of the minutes in each group."""
    predicted = cells.effort * ratio
    total = np.bincount(group, cells.count * cells.minutes)
    return predicted * (total / np.maximum(np.bincount(group, cells.count * predicted), 1e-12))[group]


def unlogged_conversations(rows: pl.DataFrame, weights: Weights, minutes: float) -> tuple[int, int]:
    """Account-weeks with a conversation and so many logged minutes to be expected, and how many of them have none.

    Expected are the weights in force at the CSM's own pace of logging: who writes down half of everything is not held
    against it.
    """
    expected = pl.Series("expected", hours_of(rows, weights) * rows["exposure_ratio"].to_numpy())
    own = rows.with_columns(expected).with_columns(
        pl.col("expected") * pl.col("minutes").sum().over("csm_id") / pl.col("expected").sum().over("csm_id")
    )
    met = own.filter((pl.col("talk_minutes") > 0) & (pl.col("expected") >= minutes))
    return met.height, met.filter(pl.col("minutes") == 0).height
