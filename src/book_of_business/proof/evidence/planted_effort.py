"""Worlds as calibration sees them, and how far what it learnt is from what was planted."""

from __future__ import annotations

import numpy as np
import polars as pl

from book_of_business.calibration.effort_model import Calibration, hours_of
from book_of_business.calibration.limits import Limits, read_limits
from book_of_business.calibration.observations import LEVELS, Observations, observe
from book_of_business.calibration.weights import BASE, FACTORS, Weights, read_version
from book_of_business.proof.evidence.worlds import SimulatedWorld
from book_of_business.receiving.reference_files import reference_folder
from book_of_business.simulate import vocabulary as words

DEFAULT_VERSION = "v1"


def reference() -> tuple[Weights, Limits]:
    """The default weights and the limits of this checkout."""
    folder = reference_folder()
    return read_version(folder, DEFAULT_VERSION), read_limits(folder)


def true_weights(world: SimulatedWorld, order: Weights) -> Weights:
    """What was planted, as a version."""
    planted = world.world.multipliers
    values = {
        (factor, level): planted[factor][place]
        for factor, levels in words.FACTOR_LEVELS.items()
        for place, level in enumerate(levels)
    }
    return Weights("planted", values, order.order)


def account_weeks_of(world: SimulatedWorld) -> pl.DataFrame:
    """The account-weeks of a world in the columns that `observations.observe` takes, with expected_minutes beside."""
    loads = world.csm_weeks.select("csm_id", "week", load_ratio="reference_load")
    return world.account_weeks.join(loads, on=["csm_id", "week"], how="left", maintain_order="left").select(
        "account_id",
        "csm_id",
        "week_start_date",
        "segment",
        *LEVELS,
        "arr_usd",
        pl.col("availability_ratio").alias("exposure_ratio"),
        pl.col("minutes").alias("entry_minutes"),
        (pl.col("interaction_minutes") + pl.col("meaningful_minutes")).alias("talk_minutes"),
        "load_ratio",
        "expected_minutes",
    )


def observations_of(world: SimulatedWorld, limits: Limits, rows: pl.DataFrame | None = None) -> Observations:
    """The observations of a world (rows: its account-weeks, after a fault was planted in them)."""
    entries = world.csm_weeks.filter(pl.col("logged_minutes") > 0).select("csm_id", "week_start_date")
    talks = world.csm_weeks.filter(pl.col("completed_count") > 0).select("csm_id", "week_start_date")
    return observe(account_weeks_of(world) if rows is None else rows, entries, talks, limits)


def multiplier_errors(weights: Weights, planted: Weights) -> np.ndarray:
    """Relative error of every multiplier that is not a reference level, of the planted one."""
    return np.array([weights.weight(*level) / planted.weight(*level) - 1 for level in planted_levels(planted, weights)])


def planted_levels(planted: Weights, in_force: Weights) -> list[tuple[str, str]]:
    """The levels whose multipliers are compared: those that are no reference level of the weights in force."""
    references = {factor: reference_of(factor, in_force) for factor in FACTORS}
    return [(factor, level) for factor in FACTORS for level in words.FACTOR_LEVELS[factor]
            if level != references[factor]]  # fmt: skip


def reference_of(factor: str, weights: Weights) -> str:
    """The reference level of a factor in the shipped weights."""
    place = words.REFERENCE_WEIGHTS[factor].index(1.0)
    return words.FACTOR_LEVELS[factor][place]


def book_error(weights: Weights, world: SimulatedWorld) -> float:
    """Mean relative error of the books' effort by a version, of the planted effort, all books scaled to one level."""
    owned = world.account_weeks.filter((pl.col("csm_id") != "unassigned") & (pl.col("true_hours") > 0))
    books = (
        owned.select("csm_id", "true_hours")
        .with_columns(hours=pl.Series(hours_of(owned, weights)))
        .group_by("csm_id")
        .agg(pl.col("hours", "true_hours").sum())
    )
    ratio = (books["hours"] / books["true_hours"]).to_numpy()
    return float(np.abs(ratio / np.median(ratio) - 1).mean())


def base_errors(calibration: Calibration | Weights, planted: Weights) -> np.ndarray:
    """Error of each segment's base relative to the first segment's."""
    weights = calibration.proposed if isinstance(calibration, Calibration) else calibration
    first, *rest = planted.segments
    return np.array([
        weights.values[BASE, other] / weights.values[BASE, first]
        / (planted.values[BASE, other] / planted.values[BASE, first]) - 1
        for other in rest
    ])  # fmt: skip
