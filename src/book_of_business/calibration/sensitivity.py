"""How the learnt weights move when the log is not what it seems: everybody under-reports, some work is not logged,
overloaded people squeeze steady accounts, a few account-weeks are enormous.
"""

from __future__ import annotations

import polars as pl

from book_of_business.calibration.effort_model import ESTIMATED, Calibration, calibrate
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import Observations
from book_of_business.calibration.weights import BASE
from book_of_business.errors import UserError

REPORTED = 0.65  # of the minutes worked, where everybody under-reports: a fall of 0.43 on the log scale
UNLOGGED = 0.8  # of the minutes of one kind of work, where that kind is left out of the log
OUTLIER_SHARE = 0.995  # account-weeks above this quantile of their CSM's count as much as it
FULL_LOAD = 1.0  # load ratio at capacity


def readings(calibration: Calibration, limits: Limits) -> pl.DataFrame:
    """One row per reading of the data: reading, largest_change_ratio (of a multiplier), level (which), account_weeks,
    meaning. Null changes: it could not be learnt that way.
    """
    found = calibration.observations
    without = found.only(pl.col("load_ratio").is_null() | (pl.col("load_ratio") <= FULL_LOAD))
    cases = [
        (
            f"everybody logs {REPORTED:.0%} of the minutes",
            Observations(found.rows.with_columns(pl.col("minutes") * REPORTED), found.source, found.exclusions),
            "under-reporting that all share cancels: multipliers do not see it, base hours cannot be learnt",
        ),
        (
            "without the weeks of overloaded CSMs",
            without,
            "who is overloaded squeezes steady accounts; a weight that falls here was inflated by that",
        ),
        ("account-weeks of a CSM cut at their 99.5th percentile", trimmed(found), "a few enormous weeks"),
    ]
    rows = [row_of(name, calibration, observations, meaning, limits) for name, observations, meaning in cases]
    kinds = {"largest_change_ratio": pl.Float64, "level": pl.String}
    return pl.DataFrame(rows, schema_overrides=kinds)


def trimmed(found: Observations) -> Observations:
    """The observations with the largest weeks of each CSM cut."""
    top = pl.col("minutes").filter(pl.col("minutes") > 0).quantile(OUTLIER_SHARE).over("csm_id")
    cut = pl.min_horizontal("minutes", top.fill_null(0))
    return Observations(found.rows.with_columns(cut.alias("minutes")), found.source, found.exclusions)


def row_of(name: str, calibration: Calibration, observations: Observations, meaning: str, limits: Limits) -> dict:
    """One reading compared with the calibration."""
    row = {"reading": name, "largest_change_ratio": None, "level": None, "account_weeks": observations.rows.height}
    try:
        again = calibrate(observations, calibration.in_force, limits)
    except UserError:
        return row | {"meaning": "too little is left to learn from"}
    both = changes(calibration, again)
    if both.is_empty():
        return row | {"meaning": "too little is left to learn from"}
    top = both.sort(pl.col("change_ratio").abs(), descending=True).row(0, named=True)
    level = f"{top['factor']} {top['level']}"
    return row | {"largest_change_ratio": top["change_ratio"], "level": level, "meaning": meaning}


def changes(calibration: Calibration, again: Calibration) -> pl.DataFrame:
    """Factor, level and change_ratio of the raw weights that both could learn."""
    learnt = (pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE)
    one = calibration.levels.filter(learnt).select("factor", "level", "raw_weight")
    other = again.levels.filter(learnt).select("factor", "level", other="raw_weight")
    both = one.join(other, on=["factor", "level"], maintain_order="left")
    return both.select("factor", "level", change_ratio=pl.col("other") / pl.col("raw_weight") - 1)


def unlogged(calibration: Calibration, share: float = UNLOGGED) -> pl.DataFrame:
    """What each learnt multiplier would be if only a share of the minutes of its level were logged: factor, level,
    weight, weight_if_unlogged. The log cannot tell: a bound to weigh, not a correction.
    """
    learnt = calibration.levels.filter((pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE))
    return learnt.select("factor", "level", "weight", weight_if_unlogged=pl.col("weight") / share)
