"""Limits of calibration and of its guard: rows of `seeds/reference/thresholds.csv` that begin with `calibration_`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from book_of_business.receiving.reference_files import read_thresholds

PREFIX = "calibration_"


@dataclass(frozen=True)
class Limits:
    """Each field is the row `calibration_<field>` of thresholds.csv, where its reason stands."""

    minimum_csm_count: float
    minimum_week_count: float
    level_minimum_account_count: float
    level_minimum_csm_count: float
    minimum_gain_ratio: float
    gain_confidence_ratio: float
    held_out_ratio: float
    maximum_csm_shift_ratio: float
    lowest_weight: float
    highest_weight: float
    order_tolerance_ratio: float
    freshness_weeks: float
    freshness_confidence_ratio: float
    logging_week_ratio: float
    batch_day_ratio: float
    unlogged_minimum_minutes: float
    maximum_unlogged_ratio: float


def read_limits(reference: Path) -> Limits:
    """The limits in force.

    Raises:
        UserError: if a row is missing or no number.
    """
    names = [field.name for field in fields(Limits)]
    values = read_thresholds(reference, [f"{PREFIX}{name}" for name in names])
    return Limits(**{name: values[f"{PREFIX}{name}"] for name in names})
