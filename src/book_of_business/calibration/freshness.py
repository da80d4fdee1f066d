"""Whether attributes describe the week they stand in. Written down weeks late, they explain the minutes of weeks ago.

The test: minutes of each week are explained by the levels of the same week, and by the levels that were on record
some weeks later. Fresh levels win, since work follows what an account needs now; stale ones lose to the later record,
which is what was true then. Attributes have to win to pass: where they never change, or where changes leave no trace in
the minutes, nobody can tell, and nothing is adopted.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import polars as pl

from book_of_business.calibration.comparisons import deviance, signed_rank_interval
from book_of_business.calibration.effort_model import Calibration, hours_of
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import LEVELS
from book_of_business.calibration.weights import Weights

DAYS = 7
FEWEST = 10  # account-weeks of a CSM whose levels differ: of two, by chance, nothing or all may be left


@dataclass(frozen=True)
class Freshness:
    """What was found: a figure in words, and whether the attributes pass."""

    figure: str
    is_fresh: bool


def measure(calibration: Calibration, limits: Limits) -> Freshness:
    """Hold the levels of each week against those on record half of `freshness_weeks` and all of it later."""
    rows = calibration.observations.rows
    last_change = latest_change(rows)
    if last_change is None:
        return Freshness("no attribute of any account ever changes", False)
    still = (rows["week_start_date"].max() - last_change).days // DAYS
    if still >= limits.freshness_weeks / 2:
        return Freshness(f"no attribute changed in the last {still} weeks", False)
    found = []
    for weeks in (round(limits.freshness_weeks / 2), round(limits.freshness_weeks)):
        value, _, high = later_gain(rows, calibration.proposed, weeks, limits.freshness_confidence_ratio)
        if not np.isnan(value):
            found.append((high, value, weeks))
    if not found:
        return Freshness("too few weeks to hold attributes against later ones", False)
    high, value, weeks = max(found)
    said = f"those recorded {weeks} weeks later explain {abs(value):.1%} {'more' if value > 0 else 'less'}"
    return Freshness(f"{said} (up to {high:+.1%})", high < 0)


def latest_change(rows: pl.DataFrame) -> datetime.date | None:
    """The last week in which the level of any account differs from that of its week before; null: never."""
    ordered = rows.sort("account_id", "week_start_date")
    changed = pl.any_horizontal(
        [(pl.col(level) != pl.col(level).shift(1)).over("account_id").fill_null(value=False) for level in LEVELS]
    )
    return ordered.filter(changed)["week_start_date"].max()


def later_gain(rows: pl.DataFrame, weights: Weights, weeks: int, confidence: float) -> tuple[float, float, float]:
    """How much less deviance the levels of `weeks` weeks later leave than those of the week itself.

    Only account-weeks whose levels differ between the two say anything; both are scaled to each CSM's own minutes. CSMs
    with fewer than FEWEST of them are left out.
    `signed_rank_interval` of the share of that deviance over CSMs; nan where fewer than two CSMs have any.
    """
    later = rows.select(
        "account_id", (pl.col("week_start_date") - pl.duration(days=DAYS * weeks)).alias("week_start_date"), *LEVELS
    )
    both = rows.join(later, on=["account_id", "week_start_date"], suffix="_later")
    if both.is_empty():
        return float("nan"), float("nan"), float("nan")
    exposure = both["exposure_ratio"].to_numpy()
    minutes = both["minutes"].to_numpy()
    own = exposure * hours_of(both, weights)
    record = both.select("segment", *(pl.col(f"{level}_later").alias(level) for level in LEVELS))
    other = exposure * hours_of(record, weights)
    csm, place = np.unique(both["csm_id"].to_numpy(), return_inverse=True)
    total = np.bincount(place, minutes)
    own, other = (part * (total / np.bincount(place, part))[place] for part in (own, other))
    differs = ~np.isclose(own, other)
    before = np.bincount(place[differs], deviance(minutes, own)[differs], minlength=len(csm))
    after = np.bincount(place[differs], deviance(minutes, other)[differs], minlength=len(csm))
    is_enough = np.bincount(place[differs], minlength=len(csm)) >= FEWEST
    return signed_rank_interval(before[is_enough], after[is_enough], confidence)
