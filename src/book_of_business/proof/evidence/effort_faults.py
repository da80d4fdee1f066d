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


def wrong_account(share: float) -> Fault:
    """A share of the account-weeks' minutes is written onto another account of the same CSM."""

    def fault(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        kept = none(rows, rng).sort("csm_id", "week_start_date", "account_id")
        is_moved = pl.Series(rng.random(kept.height) < share)
        moved = kept.with_columns(
            order=pl.Series(rng.random(kept.height)),
            leaving=pl.when(is_moved).then(pl.col("entry_minutes")).otherwise(0.0),
        )
        receivers = moved.sort("csm_id", "week_start_date", "order")["account_id"]
        sent = moved.select("csm_id", "week_start_date", "leaving", account_id=receivers)
        sent = sent.group_by("csm_id", "week_start_date", "account_id").agg(arriving=pl.col("leaving").sum())
        both = moved.join(sent, on=["csm_id", "week_start_date", "account_id"], how="left", maintain_order="left")
        minutes = pl.col("entry_minutes") - pl.col("leaving") + pl.col("arriving").fill_null(0.0)
        return both.with_columns(entry_minutes=minutes).drop("order", "leaving", "arriving")

    return fault


def vanished_level(share: float) -> Fault:
    """Renewal is recorded no longer from half of the weeks on, by a share of the CSMs: they call it steady."""

    def fault(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        kept = none(rows, rng)
        weeks = kept["week_start_date"].unique().sort()
        csms = kept["csm_id"].unique().sort()
        others = csms.filter(pl.Series(rng.random(len(csms)) < share)).to_list()
        is_late = pl.col("week_start_date") >= weeks[len(weeks) // 2]
        is_gone = is_late & (pl.col("lifecycle_level") == "renewal") & pl.col("csm_id").is_in(others)
        level = pl.when(is_gone).then(pl.lit("steady")).otherwise(pl.col("lifecycle_level"))
        return kept.with_columns(lifecycle_level=level)

    return fault


# Invented after the guard was written, and published whatever comes of them.


def copied_week(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One CSM of large accounts copies the entries of the first week into every week."""
    kept = none(rows, rng)
    csms = kept.filter(pl.col("segment") == "enterprise", pl.col("csm_id") != "unassigned")["csm_id"].unique().sort()
    one = csms[int(rng.integers(len(csms)))]
    first = kept.filter(pl.col("week_start_date") == kept["week_start_date"].min())
    copies = first.select("account_id", copied="entry_minutes")
    both = kept.join(copies, on="account_id", how="left", maintain_order="left")
    minutes = pl.when(pl.col("csm_id") == one).then(pl.col("copied").fill_null(0.0)).otherwise(pl.col("entry_minutes"))
    return both.with_columns(entry_minutes=minutes).drop("copied")


def other_team(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The log of another team: the minutes of each account of a segment are those of another's, week by week."""
    kept = none(rows, rng)
    accounts = kept.select("segment", "account_id").unique().sort("segment", "account_id")
    mixed = accounts.with_columns(order=pl.Series(rng.random(accounts.height))).sort("segment", "order")
    pairs = accounts.with_columns(other=mixed["account_id"])
    logs = kept.select(pl.col("account_id").alias("other"), "week_start_date", logged="entry_minutes")
    both = kept.join(pairs, on=["segment", "account_id"]).join(logs, on=["other", "week_start_date"], how="left")
    return both.with_columns(entry_minutes=pl.col("logged").fill_null(0.0)).drop("other", "logged")


def shifted_day(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Entries stand a day late, as of another time zone: a fifth of each week falls into the next."""
    later = (pl.col("week_start_date") + pl.duration(days=7)).alias("week_start_date")
    before = rows.select("account_id", later, earlier="entry_minutes")
    both = none(rows, rng).join(before, on=["account_id", "week_start_date"], how="left", maintain_order="left")
    minutes = 0.8 * pl.col("entry_minutes") + 0.2 * pl.col("earlier").fill_null(0.0)
    return both.with_columns(entry_minutes=minutes).drop("earlier")


def largest_account(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A third of the account-weeks' minutes is written onto the CSM's largest account of that week."""
    kept = none(rows, rng)
    moved = kept.with_columns(
        leaving=pl.when(pl.Series(rng.random(kept.height)) < 1 / 3).then(pl.col("entry_minutes")).otherwise(0.0)
    )
    book = ["csm_id", "week_start_date"]
    is_largest = pl.struct("arr_usd", "account_id").rank("ordinal", descending=True).over(book) == 1
    arriving = pl.when(is_largest).then(pl.col("leaving").sum().over(book)).otherwise(0.0)
    return moved.with_columns(entry_minutes=pl.col("entry_minutes") - pl.col("leaving") + arriving).drop("leaving")


FORESEEN: dict[str, Fault] = {
    "attributes 8 weeks old": stale(8),
    "attributes 4 weeks old": stale(4),
    "attributes frozen": frozen,
    "attributes of other accounts": shuffled,
    "six CSMs": too_few,
    "one CSM dominating": dominated,
    # invented afterwards, and let through: two checks came of them
    "a tenth of the minutes on wrong accounts": wrong_account(0.1),
    "a third of the minutes on wrong accounts": wrong_account(1 / 3),
    "two thirds of the minutes on wrong accounts": wrong_account(2 / 3),
    "a level that vanishes": vanished_level(1),
}
INVENTED: dict[str, Fault] = {
    "a third of the minutes on the largest account": largest_account,
    "one CSM copying a week": copied_week,
    "a level that vanishes from half of the books": vanished_level(0.5),
    "the log of another team": other_team,
    "entries a day late": shifted_day,
}
