"""Faults planted in account-weeks before calibration sees them. Whether one does harm is measured, not assumed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from book_of_business.calibration.observations import LEVELS

SPARE_WEEKS = 8  # in front, so that attributes can be eight weeks old
Fault = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]


def none(rows: pl.DataFrame, _: np.random.Generator) -> pl.DataFrame:
    """The weeks as they are, without the spare ones."""
    first = rows["week_start_date"].unique().sort()[SPARE_WEEKS]
    return rows.filter(pl.col("week_start_date") >= first)


def stale(weeks: int) -> Fault:
    """Attributes that are so many weeks old."""

    def fault(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        later = (pl.col("week_start_date") + pl.duration(days=7 * weeks)).alias("week_start_date")
        old = rows.select("account_id", later, *LEVELS)
        return none(rows, rng).drop(LEVELS).join(old, on=["account_id", "week_start_date"])

    return fault


def frozen(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Attributes as they were exported once, in the first week."""
    kept = none(rows, rng)
    first = kept.sort("week_start_date").group_by("account_id", maintain_order=True).first()
    return kept.drop(LEVELS).join(first.select("account_id", *LEVELS), on="account_id")


def shuffled(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Attributes joined to another account of the segment."""
    kept = none(rows, rng)
    accounts = kept.select("segment", "account_id").unique().sort("segment", "account_id")
    mixed = accounts.with_columns(order=pl.Series(rng.random(accounts.height))).sort("segment", "order")
    pairs = accounts.with_columns(other=mixed["account_id"])
    histories = kept.select(pl.col("account_id").alias("other"), "week_start_date", *LEVELS)
    return kept.drop(LEVELS).join(pairs, on=["segment", "account_id"]).join(histories, on=["other", "week_start_date"])


def too_few(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Six CSMs only."""
    kept = none(rows, rng)
    csms = kept.filter(pl.col("csm_id") != "unassigned")["csm_id"].unique().sort().to_list()
    return kept.filter(pl.col("csm_id").is_in(list(rng.choice(csms, 6, replace=False))))


def dominated(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One CSM of large accounts logs in seconds what others log in minutes, for accounts in onboarding or at risk."""
    kept = none(rows, rng)
    csms = kept.filter(pl.col("segment") == "enterprise", pl.col("csm_id") != "unassigned")["csm_id"].unique().sort()
    one = csms[int(rng.integers(len(csms)))]
    is_theirs = (pl.col("csm_id") == one) & pl.col("lifecycle_level").is_in(["onboarding", "at_risk", "adoption"])
    factor = pl.when(is_theirs).then(60.0).otherwise(1.0)
    return kept.with_columns(entry_minutes=pl.col("entry_minutes") * factor)


FORESEEN: dict[str, Fault] = {
    "attributes 8 weeks old": stale(8),
    "attributes 4 weeks old": stale(4),
    "attributes frozen": frozen,
    "attributes of other accounts": shuffled,
    "six CSMs": too_few,
    "one CSM dominating": dominated,
}
INVENTED: dict[str, Fault] = {}
