"""Effort weights as numbers: factors and levels of the contract, and what each level weighs in a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.receiving.reference_files import read_rows

BASE = "base"
UNKNOWN = "unknown"
FACTORS = (
    "lifecycle",
    "stakeholders",
    "footprint",
    "custom_configuration",
    "health_trajectory",
    "expansion",
    "sentiment",
    "follow_up",
)
Level = tuple[str, str]


@dataclass(frozen=True)
class Weights:
    """One version: base hours a week by segment, a multiplier for each other factor and level.

    A level that is not in it, such as `unknown`, weighs 1. `order` has the levels of the numeric and staged factors in
    the order of `effort_levels`.
    """

    version: str
    values: Mapping[Level, float]
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(level for factor, level in self.values if factor == BASE)

    def weight(self, factor: str, level: str) -> float:
        return self.values.get((factor, level), 1.0)

    def reference_level(self, factor: str) -> str:
        """The level that the others are multiples of: it weighs 1 (of several, the first in order).

        Raises:
            UserError: if none does.
        """
        found = [level for level in self.order.get(factor, ()) if self.values.get((factor, level)) == 1.0]
        found += [level for name, level in self.values if name == factor and self.values[name, level] == 1.0]
        if not found:
            raise UserError(
                f"version {self.version} of effort_weights has no level of {factor} that weighs 1: multipliers are read"
                " against such a level; add a version in which one weighs 1"
            )
        return found[0]

    def levels(self, factor: str) -> tuple[str, ...]:
        """Levels of a factor, in their order."""
        own = tuple(level for name, level in self.values if name == factor)
        ordered = tuple(level for level in self.order.get(factor, ()) if level in own)
        return ordered + tuple(level for level in own if level not in ordered)


def read_order(reference: Path) -> dict[str, tuple[str, ...]]:
    """Levels of each factor in the order of `effort_levels`."""
    rows = read_rows(reference / "effort_levels.csv")
    order: dict[str, list[tuple[float, str]]] = {}
    for row in rows:
        order.setdefault(row["factor"], []).append((float(row["level_order"]), row["level"]))
    return {factor: tuple(level for _, level in sorted(levels)) for factor, levels in order.items()}


def read_version(reference: Path, version: str) -> Weights:
    """A version of `effort_weights`.

    Raises:
        UserError: if the table does not have it, or a weight is no number above 0.
    """
    rows = [row for row in read_rows(reference / "effort_weights.csv") if row["version"] == version]
    if not rows:
        raise UserError(
            f"{reference / 'effort_weights.csv'} does not have version {version}, which the published marts are weighed"
            " with: restore its rows, or build again"
        )
    return of_rows(rows, read_order(reference))


def of_rows(rows: list[dict[str, str]], order: Mapping[str, tuple[str, ...]]) -> Weights:
    """A version from its rows.

    Raises:
        UserError: if a weight is no number above 0.
    """
    values = {}
    for row in rows:
        try:
            weight = float(row["weight"])
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            where = f"{row['version']}, {row['factor']} {row['level']}"
            raise UserError(f"effort_weights, {where}: the weight {row['weight']!r} is no number above 0")
        values[row["factor"], row["level"]] = weight
    return Weights(rows[0]["version"], values, order)
