"""Beside the ceilings: what other ways of fitting would say (and why not to believe them), readings, and the power."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy import optimize

from book_of_business.calibration.ceilings import (
    FEWEST_CSMS,
    Fit,
    Limits,
    Moments,
    controls_of,
    curve_left,
    fit,
    grid_of,
)

LOST_POINTS = 2.0  # how far the isotonic curve has to be below its top to be called a decline
DRAWS = 40  # of the power: a chance of 80 % comes out as 67 to 92 %, in a second or two
SEED = 20260105
QUARTER = 13  # weeks
WHOLE_WEEK = 0.95
WHY_NOT = {
    "plateau within CSM": "what is proposed, where it is identified",
    "plateau, CSMs pooled": "who scores well anyway and holds fewer calls passes for a ceiling",
    "isotonic curve": "noise alone makes it fall, so far too early",
    "change point": "two levels put the break where most of the fall lies, beyond the ceiling",
    "parabola": "its top is where the curve turns, far below the ceiling",
}


def rivals(frame: pl.DataFrame, found: Fit, limits: Limits) -> pl.DataFrame:
    """What each way of fitting would call the ceiling: method, ceiling (null: none), why not to believe it."""
    ceilings: dict[str, float | None] = dict.fromkeys(WHY_NOT)
    if found.ceiling is not None:
        x, weight = frame["volume"].to_numpy(), frame["scored_count"].to_numpy().astype(float)
        score = pl.col("quality_score")
        mean = (score * pl.col("scored_count")).sum().over("csm_id") / pl.col("scored_count").sum().over("csm_id")
        y = frame.select(score - mean).to_series().to_numpy()
        ceilings = {
            "plateau within CSM": found.ceiling,
            "plateau, CSMs pooled": pooled_ceiling(frame, limits),
            "isotonic curve": isotonic_ceiling(x, y, weight),
            "change point": change_point(x, y, weight, int(limits.ceiling_tail_count)),
            "parabola": parabola_top(x, y, weight),
        }
    return pl.DataFrame(
        {"method": list(ceilings), "ceiling": list(ceilings.values()), "why not": list(WHY_NOT.values())},
        schema={"method": pl.String, "ceiling": pl.Float64, "why not": pl.String},
    )


def pooled_ceiling(frame: pl.DataFrame, limits: Limits) -> float | None:
    """The plateau model without a level of its own for each CSM."""
    together = frame.with_columns(csm_id=pl.lit("all"))
    grid = grid_of(together["volume"].to_numpy(), int(limits.ceiling_tail_count))
    if len(grid) < 3:
        return None
    place, _, _, taken, _, _ = Moments(together, grid, controls_of(together)).best()
    return place if taken else None


def isotonic_ceiling(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float | None:
    """Least volume at which a curve that may only fall has lost LOST_POINTS from its top (null: never)."""
    order = np.argsort(x, kind="stable")
    curve = optimize.isotonic_regression(y[order], weights=weight[order], increasing=False).x
    fallen = np.flatnonzero(curve <= curve[0] - LOST_POINTS)
    return float(x[order][fallen[0]]) if len(fallen) else None


def change_point(x: np.ndarray, y: np.ndarray, weight: np.ndarray, tail_count: int) -> float | None:
    """Volume at which two levels fit best, the second lower (null: none)."""
    best, place = 0.0, None
    for volume in grid_of(x, tail_count):
        above = x > volume
        if not above.any() or above.all():
            continue
        levels = np.average(y[~above], weights=weight[~above]), np.average(y[above], weights=weight[above])
        gain = (levels[0] - levels[1]) ** 2 / (1 / weight[~above].sum() + 1 / weight[above].sum())
        if levels[1] < levels[0] and gain > best:
            best, place = gain, float(volume)
    return place


def parabola_top(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float | None:
    """Volume at the top of a parabola (null: it opens upwards)."""
    square, line, _ = np.polyfit(x, y, 2, w=np.sqrt(weight))
    return float(-line / (2 * square)) if square < 0 else None


def readings(frame: pl.DataFrame, found: Fit, limits: Limits) -> pl.DataFrame:
    """The same estimate under other readings of the data: reading, ceiling, lower, upper, answer.

    Args:
        frame: the observations of one tier, with standardised_score, standardised_count and scale_ratio.
        found: what `ceilings.fit` said of it.
        limits: as there.
    """
    own = frame.filter(pl.col("standardised_count") > 0)
    # back to points, so that the decline reads the same
    spread = frame["quality_score"].std() or 1.0
    frames: Mapping[str, pl.DataFrame] = {
        "as proposed": frame,
        "without the share that is red": frame.with_columns(red_share=pl.lit(None, pl.Float64)),
        "scores against their own scorecard": own.with_columns(
            quality_score=pl.col("standardised_score") * spread, scored_count=pl.col("standardised_count")
        ),
        "whole weeks only": frame.filter(pl.col("scale_ratio") >= WHOLE_WEEK),
        "each week counted alike": frame.with_columns(scored_count=pl.lit(1, pl.Int64)),
    }
    rows = []
    for reading, rows_of in frames.items():
        read = found if reading == "as proposed" else fit(rows_of, found.role_tier, limits)
        # an interval of what is not identified would be read as one
        known = (read.ceiling, read.lower, read.upper) if read.is_identified else (None, None, None)
        rows.append((reading, *known, "identified" if read.is_identified else "no ceiling identified"))
    schema = {
        "reading": pl.String,
        "ceiling": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "answer": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def power(frame: pl.DataFrame, found: Fit, ceiling: float, limits: Limits) -> tuple[float, int | None]:
    """Share of drawn teams in which `fit` identifies a ceiling, and the weeks of this kind in which it would in enough.

    A drawn team has the CSMs, volumes and conversations scored that were observed; its quality is level up to
    `ceiling`, falls by `ceiling_power_decline_score` with each interaction above, and spreads about that as it was
    observed to. More weeks are tried a quarter at a time, up to the `ceiling_weeks` that are read; the weeks added are
    drawn from the observed ones. Null weeks: not even then. The seed is fixed: the same weeks have the same power.
    """
    spread = spread_of(frame)
    if found.csm_count < FEWEST_CSMS or spread is None:
        return 0.0, None
    now = share_identified(frame, spread, ceiling, limits)
    if now >= limits.ceiling_power_ratio:
        return now, found.week_count
    most = int(limits.ceiling_weeks)
    for weeks in [*range(found.week_count + QUARTER, most, QUARTER), most]:
        if weeks > found.week_count:
            share = share_identified(frame, spread, ceiling, limits, weeks - found.week_count)
            if share >= limits.ceiling_power_ratio:
                return now, weeks
    return now, None


def spread_of(frame: pl.DataFrame) -> float | None:
    """Standard deviation of one conversation's score about a parabola within CSM (null: too few weeks to have one)."""
    controls = controls_of(frame)
    degrees = frame.height - frame["csm_id"].n_unique() - len(controls) - 2
    return float(np.sqrt(curve_left(frame, controls) / degrees)) if degrees > 0 else None


def share_identified(frame: pl.DataFrame, spread: float, ceiling: float, limits: Limits, added_weeks: int = 0) -> float:
    """Share of DRAWS teams of `power` in which a ceiling is identified, with so many weeks more than were observed."""
    rng = np.random.default_rng(SEED)
    dates = frame["week_start_date"].unique().sort()
    lost = limits.ceiling_power_decline_score * (pl.col("volume") - ceiling).clip(0)
    identified = 0
    for _ in range(DRAWS):
        more = dates.gather(rng.integers(len(dates), size=added_weeks)).to_frame()
        team = pl.concat([frame, more.join(frame, on="week_start_date").select(frame.columns)])
        noise = pl.Series(spread * rng.standard_normal(team.height)) / pl.col("scored_count").sqrt()
        identified += fit(team.with_columns(quality_score=noise - lost), "drawn", limits).is_identified
    return identified / DRAWS


def power_words(found: Fit, now: float, weeks: int | None, ceiling: float, limits: Limits) -> str:
    """What to do about a tier without a ceiling, in a sentence."""
    supposed = f"a loss of {limits.ceiling_power_decline_score:g} points per interaction above {ceiling:.1f}"
    if not found.csm_count:
        return f"{found.role_tier}: with nothing scored, no number of weeks would show {supposed}."
    if found.csm_count < FEWEST_CSMS:
        return f"{found.role_tier}: with fewer than {FEWEST_CSMS} CSMs, no number of weeks would show {supposed}."
    said = f"{found.role_tier}: {supposed} would be identified in {now:.0%} of {DRAWS} teams drawn with these volumes"
    if weeks is None:
        return (
            f"{said}; {limits.ceiling_weeks:g} weeks of this kind, the most that are read, would not be enough either."
        )
    if weeks <= found.week_count:
        return f"{said}: if there were one of that size there, it would probably have been identified."
    return f"{said}; it takes about {weeks - found.week_count} more weeks of this kind to tell."
