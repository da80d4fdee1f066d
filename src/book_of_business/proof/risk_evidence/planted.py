"""A book in which it is planted when somebody knows: the restricted mean is right where the plain one errs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.proof.risk_evidence.worlds import AS_OF, Book

HORIZON_DAYS = 90
LOOKBACK_DAYS = 364


@dataclass(frozen=True)
class Waits:
    """What was planted, and what each mean reads; days."""

    episodes: int
    observed_share: float
    churned_share: float
    planted: float
    restricted: float
    detected_only: float


def write(folder: Path, seed: int, episodes: int, mean_days: float, churn_share: float) -> tuple[Book, float, float]:
    """Raw tables with one escalated ticket per account in the last year and a risk flag after an exponential wait.

    Who churns before the flag is never found; what is dated after the last Sunday is not written, which censors.
    Returns the book, the planted mean of min(wait, 90) over all episodes, and the share that churned unseen.
    """
    rng = random.Random(seed)
    end = datetime.combine(AS_OF + timedelta(days=1), time())
    accounts, assignments, subscriptions, tickets, flags = [], [], [], [], []
    total, churned = 0.0, 0
    for number in range(episodes):
        account, csm = f"A{number:06}", f"C{number % 10}"
        emerged = end - timedelta(seconds=rng.randrange(1, LOOKBACK_DAYS * 86400))
        wait = rng.expovariate(1 / mean_days)
        aware = emerged + timedelta(seconds=round(wait * 86400))
        churn = None
        if rng.random() < churn_share:
            churn = emerged.date() + timedelta(days=rng.randint(1, HORIZON_DAYS))
        is_unseen = churn is not None and datetime.combine(churn, time()) <= aware
        churned += is_unseen
        total += HORIZON_DAYS if is_unseen else min(wait, HORIZON_DAYS)
        accounts.append((account, account, "smb", date(2020, 1, 1), churn if churn and churn <= AS_OF else None))
        assignments.append((account, date(2020, 1, 1), csm))
        subscriptions.append((f"S{number:06}", account, "Atlas", 1000.0, date(2020, 1, 1)))
        tickets.append((f"T{number:06}", account, emerged - timedelta(hours=1), "high", emerged))
        if aware < end:
            flags.append((f"R{number:06}", account, aware))
    csms = [(f"C{number}", f"C{number}", "pooled_csm", date(2019, 1, 1)) for number in range(10)]
    sunday = datetime.combine(AS_OF, time(12))
    talk = [("I1", "C0", end - timedelta(days=730), "admin", 5.0, "completed"),
            ("I2", "C0", sunday, "admin", 5.0, "completed")]  # fmt: skip
    book = Book("planted", seed, folder / f"planted{seed}", folder, folder / f"planted{seed}_build")
    book.raw.mkdir(parents=True, exist_ok=True)
    for table, columns, rows in (
        ("csms", ("csm_id", "csm_name", "role_tier", "hired_on"), csms),
        ("accounts", ("account_id", "account_name", "segment", "customer_since", "churned_on"), accounts),
        ("account_assignments", ("account_id", "assigned_on", "csm_id"), assignments),
        ("subscriptions", ("subscription_id", "account_id", "product", "arr_usd", "starts_on"), subscriptions),
        ("tickets", ("ticket_id", "account_id", "opened_at", "priority", "escalated_at"), tickets),
        ("risk_flags", ("risk_flag_id", "account_id", "raised_at"), flags),
        ("interactions",
         ("interaction_id", "csm_id", "started_at", "interaction_type", "duration_minutes", "status"), talk),
    ):  # fmt: skip
        pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None).write_parquet(
            book.raw / f"{table}.parquet"
        )
    return book, total / episodes, churned / episodes


def read(book: Book, planted: float, churned_share: float) -> Waits:
    """What the built book says of the organisation at the last Sunday."""
    with duckdb.connect(str(book.working_file), read_only=True) as connection:
        restricted, count = connection.execute("""
            select averaged.restricted_mean_detection_days, counted.restricted_episode_count
            from intermediate.int_risk_groups__averaged as averaged
            inner join intermediate.int_risk_groups__counted as counted
                on averaged.scope = counted.scope and averaged.week_start_date = counted.week_start_date
            where averaged.scope = 'organisation'
            order by averaged.week_start_date desc limit 1
        """).fetchone()
        mean, share = connection.execute("""
            select avg(detection_days), count(detected_at) / count(*) from intermediate.int_risk_episodes__ended
        """).fetchone()
    return Waits(count, share, churned_share, planted, restricted, mean)
