"""Numbers that analysts tune, from seeds/reference: what every version of the core marts has in common."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from book_of_business.errors import UserError

CATEGORIES = ("strategic", "onboarding", "escalation", "internal_advocacy", "administrative", "unclassified")
# What the core marts are, and the columns of each that are written out again. `usage_declines` is the part of
# fct_risk_signals whose signals come from usage, the largest raw table.
CORE_MARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fct_csm_load": (("csm_id", "week_start_date"), ("account_count", "arr_usd", "effort_hours")),
    "fct_csm_throughput": (
        ("csm_id", "week_start_date"),
        (
            "counted_interaction_count",
            "meaningful_interaction_count",
            *(f"{category}_{measure}" for category in CATEGORIES for measure in ("count", "minutes")),
        ),
    ),
    "fct_csm_coverage": (
        ("csm_id", "week_start_date"),
        ("account_count", "unmonitored_account_count", "unmonitored_ratio"),
    ),
    "fct_renewal_concentration": (
        ("csm_id", "quarter_start_date"),
        ("renewing_arr_usd", "book_arr_usd", "renewal_share", "subscription_count"),
    ),
    "fct_csm_engagement": (
        ("csm_id", "week_start_date"),
        (
            "interaction_count", "scored_interaction_count", "mean_quality_score", "sentiment_interaction_count",
            "mean_sentiment_score", "action_item_count", "follow_up_density",
        ),
    ),
    "usage_declines": (("account_id", "emerged_on"), ()),
}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """A level of a factor: its weight, and the bounds of its measure (null: none)."""

    name: str
    weight: float
    lower: float | None
    has_lower: bool
    upper: float | None
    has_upper: bool

    def condition(self, measure: str) -> str:
        """Whether the measure, a column or an expression, is of this level; the same text in SQL and in Python."""
        bounds = [f"{measure} >{'=' * self.has_lower} {self.lower}"] * (self.lower is not None)
        bounds += [f"{measure} <{'=' * self.has_upper} {self.upper}"] * (self.upper is not None)
        return " and ".join(bounds)


@dataclass(frozen=True)
class Rules:
    """The reference tables as far as the core marts need them."""

    thresholds: dict[str, float]
    usage: dict[str, float]
    weights: dict[str, dict[str, float]]
    levels: dict[str, list[Level]]
    types: list[dict[str, str]]
    stages: dict[str, str]

    def days(self, name: str) -> int:
        """A threshold that counts days, weeks or rows."""
        return int(self.thresholds[name])


def read_rules(project_dir: Path) -> Rules:
    """Read seeds/reference.

    Raises:
        UserError: where the tables hold more than the core marts outside dbt can follow: several versions of weights,
            the plain drop instead of the CUSUM, a fiscal year that is not the calendar year.
    """

    def rows(name: str) -> list[dict[str, str]]:
        with (project_dir / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    adopted = [row for row in rows("effort_weights") if row["status"] == "adopted"]
    thresholds = {row["threshold"]: float(row["value"]) for row in rows("thresholds")}
    rules = rows("risk_signal_rules")
    usage = {row["parameter"]: float(row["value"]) for row in rules if row["signal_type"] == "usage_decline"}
    stages = sorted(rows("pipeline_stages"), key=lambda row: float(row["stage_order"]))
    expansion = [row["expansion_level"] for row in stages]
    if (
        len({row["version"] for row in adopted}) != 1
        or usage["is_cusum"] != 1
        or thresholds["fiscal_year_start_month"] != 1
        or expansion != sorted(expansion, key=["identified", "active"].index)
    ):
        raise UserError(
            "the benchmark knows the reference tables as they are shipped: one adopted version of effort_weights, the"
            " CUSUM for usage, the calendar year, stages in the order identified, active. Run it from a checkout with"
            " seeds/reference unchanged"
        )
    weights: dict[str, dict[str, float]] = {}
    for row in adopted:
        weights.setdefault(row["factor"], {})[row["level"]] = float(row["weight"])
    levels: dict[str, list[Level]] = {}
    for row in rows("effort_levels"):
        if row["lower_bound"] or row["upper_bound"]:
            levels.setdefault(row["factor"], []).append(
                Level(
                    row["level"],
                    weights[row["factor"]][row["level"]],
                    number(row["lower_bound"]),
                    row["lower_is_inclusive"] == "true",
                    number(row["upper_bound"]),
                    row["upper_is_inclusive"] == "true",
                )
            )
    stage_levels = {row["stage"]: row["expansion_level"] for row in stages}
    return Rules(thresholds, usage, weights, levels, rows("interaction_types"), stage_levels)


def number(text: str) -> float | None:
    """A field as a number; empty as null."""
    return float(text) if text else None
