"""The limits of a book, what each is worth, and what a move costs: `seeds/reference/rebalancing_rules.csv`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from book_of_business.errors import UserError

FILE = Path("seeds") / "reference" / "rebalancing_rules.csv"
CLASSES = ("new", "at_risk_not_engaged", "established")
PRICED = (
    *("load", "renewal_cap", "renewal_warn", "red_accounts", "account_count", "arr_usd", "touch_count", "touch_hours"),
    *("onboarding_accounts", "unassigned", *(f"move_{each}" for each in CLASSES)),
    *("fit_language", "fit_region", "fit_skill"),
)
VALUED = (
    *("onboarding_accounts", "new_days", "engaged_days", "locked_renewal_days", "locked_moved_days"),
    *("capacity_weeks", "revenue_at_risk_share", "most_columns"),
)


@dataclass(frozen=True)
class Rules:
    """{rule: price} and {rule: value}, the table as it was read, and its fingerprint."""

    prices: dict[str, float]
    values: dict[str, float]
    table: pl.DataFrame
    fingerprint: str


def read_rules(project_dir: Path) -> Rules:
    """The rules of a project.

    Raises:
        UserError: if the table is missing, lacks a rule, or a price or value is no number of zero or more.
    """
    path = project_dir / FILE
    try:
        content = path.read_bytes()
        table = pl.read_csv(content, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path} cannot be read ({error}): restore it from the repository") from None
    rows = {row["rule"]: row for row in table.iter_rows(named=True)}
    return Rules(
        {rule: number_of(path, rows, rule, "price") for rule in PRICED},
        {rule: number_of(path, rows, rule, "value") for rule in VALUED},
        table.with_columns(pl.col("value", "price").cast(pl.Float64, strict=False)),
        hashlib.sha256(content).hexdigest()[:16],
    )


def number_of(path: Path, rows: dict[str, dict], rule: str, column: str) -> float:
    """A price or a value of a rule.

    Raises:
        UserError: if the rule is not there, or it is no number of zero or more.
    """
    if rule not in rows:
        raise UserError(f"{path} has no rule {rule}: restore its row from the repository")
    try:
        number = float(rows[rule][column])
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UserError(f"{path}: the {column} of {rule} must be a number of zero or more, not {rows[rule][column]}")
    return number
