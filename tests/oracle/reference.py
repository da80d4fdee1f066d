"""The reference tables, read from a directory of CSV seeds (raw contract, "Reference tables")."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

Record = dict[str, str | None]


def read_seed(directory: Path, name: str) -> list[Record]:
    """The rows of one seed as text; an empty field is None."""
    with (directory / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{column: (value or None) for column, value in row.items()} for row in csv.DictReader(file)]


def number(value: str | None) -> float | None:
    return None if value is None else float(value)


def is_true(value: str | None) -> bool:
    return (value or "").strip().lower() == "true"


@dataclass(frozen=True)
class RoleTier:
    motion: str
    productive_hours_per_week: float
    strategic_ceiling_per_week: float
    touch_ceiling_per_quarter: float
    ramp_days: float
    ramp_start_ratio: float


@dataclass(frozen=True)
class InteractionType:
    category: str
    counts_toward_ceiling: bool
    is_meaningful: bool
    minimum_minutes: float


@dataclass(frozen=True)
class Level:
    level: str
    lower: float | None
    lower_is_inclusive: bool
    upper: float | None
    upper_is_inclusive: bool

    def holds(self, value: float) -> bool:
        is_low_enough = self.upper is None or (value < self.upper or (value == self.upper and self.upper_is_inclusive))
        is_high_enough = self.lower is None or (value > self.lower or (value == self.lower and self.lower_is_inclusive))
        return is_low_enough and is_high_enough


@dataclass(frozen=True)
class Cadence:
    touches_per_quarter: float
    hours_per_touch: float


@dataclass(frozen=True)
class WeightVersion:
    version: str
    effective_from: date
    weights: dict[tuple[str, str], float]


@dataclass(frozen=True)
class Stage:
    stage_order: float
    expansion_level: str


@dataclass(frozen=True)
class Reference:
    role_tiers: dict[str, RoleTier]
    bands: dict[str, dict[str, float | None]]
    interaction_types: dict[str, InteractionType]
    cadences: dict[str, list[Cadence]]
    adopted_versions: list[WeightVersion]
    levels: dict[str, list[Level]]
    stages: dict[str, Stage]
    thresholds: dict[str, float]
    risk_rules: dict[tuple[str, str], float] = field(default_factory=dict)


def read_reference(directory: Path) -> Reference:
    """Read the seeds that the oracle's marts need. Raises KeyError for a missing column."""
    tiers = {
        str(row["role_tier"]): RoleTier(
            motion=str(row["motion"]),
            productive_hours_per_week=number(row["productive_hours_per_week"]) or 0.0,
            strategic_ceiling_per_week=number(row["strategic_ceiling_per_week"]) or 0.0,
            touch_ceiling_per_quarter=number(row["touch_ceiling_per_quarter"]) or 0.0,
            ramp_days=number(row["ramp_days"]) or 0.0,
            ramp_start_ratio=number(row["ramp_start_ratio"]) or 0.0,
        )
        for row in read_seed(directory, "role_tiers")
    }
    bands = {
        str(row["motion"]): {
            name: number(row[name])
            for name in (
                "minimum_arr_usd",
                "maximum_arr_usd",
                "minimum_account_count",
                "maximum_account_count",
            )
        }
        for row in read_seed(directory, "book_size_bands")
    }
    types = {
        str(row["interaction_type"]): InteractionType(
            category=str(row["interaction_category"]),
            counts_toward_ceiling=is_true(row["counts_toward_ceiling"]),
            is_meaningful=is_true(row["is_meaningful"]),
            minimum_minutes=number(row["minimum_minutes"]) or 0.0,
        )
        for row in read_seed(directory, "interaction_types")
    }
    cadences: dict[str, list[Cadence]] = {}
    for row in read_seed(directory, "touch_cadences"):
        cadences.setdefault(str(row["segment"]), []).append(
            Cadence(number(row["touches_per_quarter"]) or 0.0, number(row["hours_per_touch"]) or 0.0)
        )
    versions: dict[str, WeightVersion] = {}
    for row in read_seed(directory, "effort_weights"):
        if row["status"] != "adopted":
            continue
        name = str(row["version"])
        version = versions.setdefault(
            name, WeightVersion(name, date.fromisoformat(str(row["effective_from_date"])), {})
        )
        version.weights[(str(row["factor"]), str(row["level"]))] = float(str(row["weight"]))
    levels: dict[str, list[Level]] = {}
    for row in read_seed(directory, "effort_levels"):
        levels.setdefault(str(row["factor"]), []).append(
            Level(
                level=str(row["level"]),
                lower=number(row["lower_bound"]),
                lower_is_inclusive=is_true(row["lower_is_inclusive"]),
                upper=number(row["upper_bound"]),
                upper_is_inclusive=is_true(row["upper_is_inclusive"]),
            )
        )
    stages = {
        str(row["stage"]): Stage(float(str(row["stage_order"])), str(row["expansion_level"]))
        for row in read_seed(directory, "pipeline_stages")
    }
    thresholds = {str(row["threshold"]): float(str(row["value"])) for row in read_seed(directory, "thresholds")}
    risk_rules = {}
    if (directory / "risk_signal_rules.csv").exists():
        for row in read_seed(directory, "risk_signal_rules"):
            risk_rules[(str(row["signal_type"]), str(row["parameter"]))] = float(str(row["value"]))
    return Reference(
        role_tiers=tiers,
        bands=bands,
        interaction_types=types,
        cadences=cadences,
        adopted_versions=sorted(versions.values(), key=lambda version: version.effective_from),
        levels=levels,
        stages=stages,
        thresholds=thresholds,
        risk_rules=risk_rules,
    )
