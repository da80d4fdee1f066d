"""What notebook 05 says of a calibration: sentences and tables, each from the parts that the notebook made itself.

Nothing is shown as a driver before there is a signal, and nothing as better before it was better in weeks held out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from book_of_business.calibration import comparisons, guard, observations, sensitivity
from book_of_business.calibration.diagnostics import LogQuality, Signal
from book_of_business.calibration.effort_model import ESTIMATED, Calibration
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import Observations
from book_of_business.calibration.weights import BASE
from book_of_business.console import count_of
from book_of_business.errors import UserError

TOP_DRIVERS = 3
GAIN = "deviance gained"


def has_drivers(signal: Signal | None) -> bool:
    """Whether the levels may be ranked by what they cost."""
    return bool(signal and signal.is_there)


def headline(
    calibration: Calibration | None,
    problem: str,
    signal: Signal | None,
    checks: Sequence[guard.Check],
    scores: pl.DataFrame,
) -> str:
    """The answer in one sentence.

    Args:
        calibration: what was learnt; null: nothing.
        problem: why nothing was.
        signal: of the levels.
        checks: of the guard.
        scores: from `scores_table`; empty where nothing could be held out.
    """
    if calibration is None:
        return f"{problem[0].upper()}{problem[1:]}. The weights in force stay."
    failed, before = guard.failures(checks), calibration.in_force.version
    if failed and failed[0].name in guard.ENOUGH:
        named = "; ".join(check.sentence for check in failed)
        return f"Too little to judge by: {named}. The weights in force ({before}) stay."
    if not has_drivers(signal):
        told = signal.sentence if signal else "Cannot tell: no level was seen often enough to be learnt."
        return f"{told} The weights in force stay."
    gained = next(check for check in checks if check.name.startswith(GAIN))
    first = plain_rival(scores)
    if not gained.is_passed:
        return (
            f"{first}What was learnt is no better than the weights in force ({before}): {gained.sentence}. They stay."
        )
    learnt = calibration.levels.filter((pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE))
    moved = learnt.with_columns(change=pl.col("weight") / pl.col("previous_weight") - 1)
    top = moved.sort(pl.col("change").abs(), descending=True).head(TOP_DRIVERS)
    words = ", ".join(f"{name_of(row)} {row['weight']:.2f} ({row['change']:+.0%})" for row in top.iter_rows(named=True))
    said = (
        f"{first}The logged time supports other weights than {before}, and they are better in weeks held out (deviance"
        f" less by {gained.figure}). The largest changes: {words}"
    )
    if failed:
        return f"{said}. The guard would reject them all the same: {'; '.join(check.sentence for check in failed)}."
    return f"{said}. The guard would let them through."


def plain_rival(scores: pl.DataFrame) -> str:
    """A sentence, said before all others, where a plain count of accounts or their ARR predicts the work of unseen CSMs
    better than the calibrated weights; empty where neither does.
    """
    if scores.is_empty():
        return ""
    explained = dict(scores.select("method", "unseen CSMs: deviance explained, %").iter_rows())
    own = explained.get(comparisons.CALIBRATED)
    for name in (comparisons.COUNT, comparisons.ARR):
        other = explained.get(name)
        if other is not None and (own is None or other > own):
            figure = "less than nothing" if own is None else f"{own:.1f}%"
            return (
                f"A plain {name.replace(' only', '')} predicts the hours of CSMs held out better than the calibrated"
                f" weights ({other:.1f}% of the deviance explained against {figure}). "
            )
    return ""


def name_of(row: dict) -> str:
    """A level as a person says it."""
    return f"{row['factor'].replace('_', ' ')} {row['level'].replace('_', ' ')}"


def log_sentences(found: Observations, quality: LogQuality, limits: Limits) -> list[str]:
    """What was learnt from, and what to know of it."""
    said = [observations.source_sentence(found), *quality.sentences(limits)]
    said.append(
        f"{count_of(found.rows.height, 'account-week')} of {count_of(found.csm_count, 'CSM')} in"
        f" {count_of(found.week_count, 'week')} can be learnt from; {zero_words(found.rows)}."
    )
    return said


def zero_words(rows: pl.DataFrame) -> str:
    """How many account-weeks took no time."""
    if rows.is_empty():
        return "there is nothing to learn from"
    return f"in {(rows['minutes'] == 0).mean():.0%} of them no time was spent, which is observed, not missing"


def exclusions_table(found: Observations) -> pl.DataFrame:
    """What was left out, by reason."""
    return found.exclusions.filter(pl.col("account_week_count") > 0).select(
        pl.col("reason").alias("left out, since"),
        pl.col("account_week_count").alias("account-weeks"),
        (pl.col("minutes") / 60).alias("hours on them"),
    )


def weights_table(calibration: Calibration | None) -> pl.DataFrame:
    """Every level: the weight in force, what the data say, what would be proposed. Empty where nothing was learnt."""
    if calibration is None:
        return pl.DataFrame()
    return calibration.levels.select(
        pl.col("factor").str.replace_all("_", " "),
        pl.col("level").str.replace_all("_", " "),
        pl.col("previous_weight").alias("in force"),
        pl.col("raw_weight").alias("by the data alone"),
        pl.col("lower").alias("95% from"),
        pl.col("upper").alias("to"),
        pl.col("weight").alias("proposed"),
        pl.col("account_count").alias("accounts"),
        pl.col("csm_count").alias("CSMs"),
        pl.col("status"),
    )


def unseen_csms(calibration: Calibration | None) -> pl.DataFrame:
    """`comparisons.by_csm`, or an empty frame where too few CSMs are there to hold some of them out."""
    if calibration is None or calibration.observations.csm_count < comparisons.FOLDS:
        return pl.DataFrame()
    try:
        return comparisons.by_csm(calibration)
    except UserError:
        return pl.DataFrame()


def later_weeks(calibration: Calibration | None, limits: Limits) -> pl.DataFrame:
    """`comparisons.out_of_time`, or an empty frame where too few weeks are there to hold the last of them out."""
    if calibration is None or calibration.observations.week_count < 3:
        return pl.DataFrame()
    try:
        return comparisons.out_of_time(calibration, limits)
    except UserError:
        return pl.DataFrame()


def scores_table(csms: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Each method on CSMs and on weeks that it has not seen; empty where either could not be held out.

    Args:
        csms: predictions from `unseen_csms`.
        later: predictions from `later_weeks`.
    """
    if csms.is_empty() or later.is_empty():
        return pl.DataFrame()
    both = comparisons.scores(csms).join(
        comparisons.scores(later), on="method", how="left", suffix="_later", maintain_order="left"
    )
    return both.select(
        "method",
        (100 * pl.col("deviance_explained_ratio")).alias("unseen CSMs: deviance explained, %"),
        (100 * pl.col("book_error_ratio")).alias("books off, %"),
        (100 * pl.col("deviance_explained_ratio_later")).alias("later weeks: deviance explained, %"),
        (100 * pl.col("book_error_ratio_later")).alias("books off, % "),
    )


def guard_table(checks: Sequence[guard.Check]) -> pl.DataFrame:
    """The checks of the guard."""
    kinds = {"check": pl.String, "figure": pl.String, "limit": pl.String, "holds": pl.String}
    rows = [(check.name, check.figure, check.limit, "yes" if check.is_passed else "no") for check in checks]
    return pl.DataFrame(rows, schema=kinds, orient="row")


def sensitivity_table(calibration: Calibration | None, limits: Limits) -> pl.DataFrame:
    """How far the weights move under other readings of the log."""
    if calibration is None:
        return pl.DataFrame()
    return sensitivity.readings(calibration, limits).select(
        "reading",
        (100 * pl.col("largest_change_ratio")).alias("largest change, %"),
        pl.col("level").alias("of"),
        pl.col("account_weeks").alias("account-weeks"),
        pl.col("meaning").alias("what it says"),
    )


def unlogged_sentence(calibration: Calibration | None) -> str:
    """What differential under-logging would do, which no entry can show."""
    if calibration is None:
        return ""
    rows = sensitivity.unlogged(calibration)
    if rows.is_empty():
        return ""
    top = rows.sort("weight", descending=True).row(0, named=True)
    true, learnt = f"{top['weight_if_unlogged']:.2f}", f"{top['weight']:.2f}"
    return (
        f"If only {sensitivity.UNLOGGED:.0%} of the work for one level were logged, its weight would be a fifth too"
        f" low: {name_of(top)} would be {true}, not {learnt}. The log cannot show it; ask the people."
    )
