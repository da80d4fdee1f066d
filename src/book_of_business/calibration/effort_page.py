"""What notebook 05 says: whether effort weights can be learnt from the published book, and what was learnt.

Nothing is shown as a driver before there is a signal, and nothing as better before it was better in weeks held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.baseline import count_of
from book_of_business.calibration import adoption, comparisons, diagnostics, guard, observations, sensitivity
from book_of_business.calibration.diagnostics import LogQuality, Signal
from book_of_business.calibration.effort_model import ESTIMATED, Calibration, calibrate
from book_of_business.calibration.limits import Limits, read_limits
from book_of_business.calibration.observations import Observations
from book_of_business.calibration.weights import BASE, Weights
from book_of_business.errors import UserError
from book_of_business.reference_files import reference_folder

TOP_DRIVERS = 3


@dataclass(frozen=True)
class Study:
    """Everything that the notebook shows. Without a calibration, `problem` says why there is none."""

    limits: Limits
    in_force: Weights
    quality: LogQuality
    found: Observations
    calibration: Calibration | None
    signal: Signal | None
    checks: list[guard.Check]
    problem: str

    @property
    def is_better(self) -> bool:
        """Whether the learnt weights gained in weeks held out."""
        return any(check.name.startswith("deviance gained") and check.is_passed for check in self.checks)

    @property
    def has_drivers(self) -> bool:
        """Whether the levels may be ranked by what they cost."""
        return bool(self.signal and self.signal.is_there)


def study(connection: duckdb.DuckDBPyConnection, seed: int, deals: int, reference: Path | None = None) -> Study:
    """Learn and judge, as far as the book allows.

    Args:
        connection: the published file.
        seed: of the deals at random that the signal is held against.
        deals: how many.
        reference: folder of the reference tables; null: that of the checkout.
    """
    folder = reference or reference_folder()
    limits = read_limits(folder)
    in_force = adoption.weights_in_force(connection, folder)
    quality, found = diagnostics.log_quality(connection, limits), observations.read(connection, limits)
    try:
        calibration = calibrate(found, in_force, limits)
        levels = list(calibration.errors)
        told = diagnostics.signal(calibration.observations, in_force, levels, seed, deals) if levels else None
    except UserError as error:
        return Study(limits, in_force, quality, found, None, None, [], str(error))
    checks = guard.judge(calibration, limits, told)
    return Study(limits, in_force, quality, found, calibration, told, checks, "")


def headline(found: Study) -> str:
    """The answer in one sentence."""
    if found.calibration is None:
        return f"{found.problem[0].upper()}{found.problem[1:]}. The weights in force stay."
    if not found.has_drivers:
        told = found.signal.sentence if found.signal else "Cannot tell: no level was seen often enough to be learnt."
        return f"{told} The weights in force stay."
    failed = guard.failures(found.checks)
    before = found.in_force.version
    if not any(check.name.startswith("deviance gained") for check in found.checks):
        named = "; ".join(check.sentence for check in failed)
        return f"Too little to judge by: {named}. The weights in force ({before}) stay."
    if not found.is_better:
        named = failed[0].sentence if failed else ""
        return f"What was learnt is no better than the weights in force ({before}): {named}. They stay."
    learnt = found.calibration.levels.filter((pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE))
    moved = learnt.with_columns(change=pl.col("weight") / pl.col("previous_weight") - 1)
    top = moved.sort(pl.col("change").abs(), descending=True).head(TOP_DRIVERS)
    words = ", ".join(f"{name_of(row)} {row['weight']:.2f} ({row['change']:+.0%})" for row in top.iter_rows(named=True))
    gained = next(check.figure for check in found.checks if check.name.startswith("deviance gained"))
    said = (
        f"The logged time says other weights than {before}, and they are better in weeks held out (deviance less by"
        f" {gained}): most changed {words}"
    )
    if failed:
        return f"{said}; the guard would reject them all the same: {'; '.join(check.sentence for check in failed)}."
    return f"{said}; the guard would let them through."


def name_of(row: dict) -> str:
    """A level as a person says it."""
    return f"{row['factor'].replace('_', ' ')} {row['level'].replace('_', ' ')}"


def log_sentences(found: Study) -> list[str]:
    """What was learnt from, and what to know of it."""
    said = [observations.source_sentence(found.found), *found.quality.sentences(found.limits)]
    rows = found.found.rows
    said.append(
        f"{count_of(rows.height, 'account-week')} of {count_of(found.found.csm_count, 'CSM')} in"
        f" {count_of(found.found.week_count, 'week')} can be learnt from; {zero_words(rows)}."
    )
    return said


def zero_words(rows: pl.DataFrame) -> str:
    """How many account-weeks took no time."""
    if rows.is_empty():
        return "there is nothing to learn from"
    return f"in {(rows['minutes'] == 0).mean():.0%} of them no time was spent, which is observed, not missing"


def exclusions_table(found: Study) -> pl.DataFrame:
    """What was left out, by reason."""
    return found.found.exclusions.filter(pl.col("account_week_count") > 0).select(
        pl.col("reason").alias("left out, since"),
        pl.col("account_week_count").alias("account-weeks"),
        (pl.col("minutes") / 60).alias("hours on them"),
    )


def weights_table(found: Study) -> pl.DataFrame:
    """Every level: the weight in force, what the data say, what would be proposed. Empty where nothing was learnt."""
    if found.calibration is None:
        return pl.DataFrame()
    return found.calibration.levels.select(
        pl.col("factor").str.replace_all("_", " "),
        pl.col("level").str.replace_all("_", " "),
        pl.col("previous_weight").alias("in force"),
        pl.col("raw_weight").alias("by the data alone"),
        pl.col("lower").alias("95 % from"),
        pl.col("upper").alias("to"),
        pl.col("weight").alias("proposed"),
        pl.col("account_count").alias("accounts"),
        pl.col("csm_count").alias("CSMs"),
        pl.col("status"),
    )


def scores_table(found: Study) -> pl.DataFrame:
    """Each method on CSMs and on weeks that it has not seen; empty where either cannot be measured."""
    if found.calibration is None or found.found.csm_count < comparisons.FOLDS or found.found.week_count < 3:
        return pl.DataFrame()
    try:
        csms = comparisons.scores(comparisons.by_csm(found.calibration))
        later = comparisons.scores(comparisons.out_of_time(found.calibration, found.limits))
    except UserError:
        return pl.DataFrame()
    both = csms.join(later, on="method", how="left", suffix="_later", maintain_order="left")
    return both.select(
        "method",
        (100 * pl.col("deviance_gain_ratio")).alias("unseen CSMs: deviance less, %"),
        (100 * pl.col("book_error_ratio")).alias("books off, %"),
        (100 * pl.col("deviance_gain_ratio_later")).alias("later weeks: deviance less, %"),
        (100 * pl.col("book_error_ratio_later")).alias("books off, % "),
    )


def deciles(found: Study) -> pl.DataFrame:
    """Observed against predicted work by decile, for CSMs that were not seen; empty where nothing was learnt."""
    if found.calibration is None or found.found.csm_count < comparisons.FOLDS:
        return pl.DataFrame()
    try:
        return comparisons.deciles(comparisons.by_csm(found.calibration))
    except UserError:
        return pl.DataFrame()


def guard_table(found: Study) -> pl.DataFrame:
    """The checks of the guard."""
    kinds = {"check": pl.String, "figure": pl.String, "limit": pl.String, "holds": pl.String}
    rows = [(check.name, check.figure, check.limit, "yes" if check.is_passed else "no") for check in found.checks]
    return pl.DataFrame(rows, schema=kinds, orient="row")


def sensitivity_table(found: Study) -> pl.DataFrame:
    """How far the weights move under other readings of the log."""
    if found.calibration is None:
        return pl.DataFrame()
    return sensitivity.readings(found.calibration, found.limits).select(
        "reading",
        (100 * pl.col("largest_change_ratio")).alias("largest change, %"),
        pl.col("level").alias("of"),
        pl.col("account_weeks").alias("account-weeks"),
        pl.col("meaning").alias("what it says"),
    )


def unlogged_sentence(found: Study) -> str:
    """What differential under-logging would do, which no entry can show."""
    if found.calibration is None:
        return ""
    rows = sensitivity.unlogged(found.calibration)
    if rows.is_empty():
        return ""
    top = rows.sort("weight", descending=True).row(0, named=True)
    true, learnt = f"{top['weight_if_unlogged']:.2f}", f"{top['weight']:.2f}"
    return (
        f"If only {sensitivity.UNLOGGED:.0%} of the work for one level were logged, its weight would be a fifth too"
        f" low: {name_of(top)} would be {true}, not {learnt}. The log cannot show it; ask the people."
    )
