"""Limits of calibration and of its guard: rows of `seeds/reference/thresholds.csv` that begin with `calibration_`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from book_of_business.calibration.reference_files import read_rows
from book_of_business.errors import UserError

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


def read_limits(reference: Path) -> Limits:
    """The limits in force.

    Raises:
        UserError: if a row is missing or no number.
    """
    path = reference / "thresholds.csv"
    values = {row["threshold"]: row["value"] for row in read_rows(path)}
    found = {}
    for field in fields(Limits):
        name = f"{PREFIX}{field.name}"
        try:
            found[field.name] = float(values[name])
        except (KeyError, ValueError):
            raise UserError(f"{path} has no number for {name}: restore the row from the repository") from None
    return Limits(**found)
