"""A book of business as tables of text rows: read it, cut it at a day, and deliver it to a directory.

A delivery is what an exporter leaves there. Files whose rows did not change stay untouched, unless asked otherwise.
"""

import csv
import io
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from tests.oracle.contract import TABLE_BY_NAME, TABLES, parse
from tests.oracle.random_book import TextRow, as_frame

ROOT = Path(__file__).resolve().parents[2]

# The date from which a row is on record.
BEGINS = {
    "csms": "hired_on",
    "accounts": "customer_since",
    "account_assignments": "assigned_on",
    "subscriptions": "starts_on",
    "lifecycle_stage_changes": "entered_on",
    "contacts": "added_on",
    "opportunities": "created_on",
    "opportunity_stage_changes": "entered_on",
    "health_scores": "scored_on",
    "csm_absences": "starts_on",
    "risk_flags": "raised_at",
    "effort_surveys": "surveyed_on",
    "product_usage": "used_on",
    "tickets": "opened_at",
    "interactions": "started_at",
    "action_items": "created_at",
    "time_entries": "worked_on",
    "renewals": "renewed_on",
    "survey_responses": "responded_on",
}
# These have the date of their interaction.
DETAILS = ("interaction_participants", "interaction_topics", "transcripts")
# Written into a row that is there already, at its own date; what hangs on it becomes known with it.
WRITTEN_LATER = {
    "csms": {"left_on": ()},
    "accounts": {"churned_on": ()},
    "account_assignments": {"unassigned_on": ()},
    "subscriptions": {"cancelled_on": ()},
    "contacts": {"left_on": ()},
    "opportunities": {"closed_on": ("is_won",)},
    "risk_flags": {"resolved_at": ()},
    "tickets": {"escalated_at": (), "resolved_at": ()},
    "action_items": {"completed_at": ()},
}
SETTLED_SECONDS = 60
# Tables that come as one Parquet file a week where the delivery is by week.
BY_WEEK = (
    "health_scores",
    "product_usage",
    "tickets",
    "interactions",
    "interaction_participants",
    "interaction_topics",
    "action_items",
    "time_entries",
)


@dataclass
class Book:
    """Rows and column names of the tables that are there."""

    rows: dict[str, list[TextRow]]
    columns: dict[str, list[str]] = field(default_factory=dict)

    def copy(self) -> "Book":
        return Book(
            {table: [dict(row) for row in rows] for table, rows in self.rows.items()},
            {table: list(names) for table, names in self.columns.items()},
        )

    def names(self, table: str) -> list[str]:
        return self.columns.get(table) or [column.name for column in TABLE_BY_NAME[table].columns]


def read_csv_book(directory: Path) -> Book:
    """Tables of a directory of CSV files, flat or by domain."""
    book = Book({})
    for table in TABLES:
        for path in (directory / f"{table.name}.csv", directory / table.domain / f"{table.name}.csv"):
            if path.exists():
                with path.open(encoding="utf-8-sig", newline="") as file:
                    reader = csv.DictReader(file)
                    book.columns[table.name] = list(reader.fieldnames or ())
                    book.rows[table.name] = [
                        {name: value or None for name, value in row.items() if name} for row in reader
                    ]
    return book


@cache
def day_of(table: str, name: str, value: str | None) -> date | None:
    """The UTC day of a value; null where there is none or it does not parse."""
    if value is None:
        return None
    try:
        parsed = parse(TABLE_BY_NAME[table].column(name).kind, value)
    except ValueError:
        return None
    return parsed.date() if hasattr(parsed, "date") else parsed


def row_days(book: Book, table: str) -> list[date | None]:
    """The day from which each row of a table is on record, null where that cannot be told."""
    rows = book.rows.get(table, [])
    if table in DETAILS:
        parents = {
            row["interaction_id"]: day_of("interactions", "started_at", row.get("started_at"))
            for row in book.rows.get("interactions", [])
        }
        return [parents.get(row.get("interaction_id")) for row in rows]
    name = BEGINS[table]
    days = [day_of(table, name, row.get(name)) for row in rows]
    if table == "subscriptions":
        # a line is on record from its signature, if that is earlier
        signed = [day_of(table, name, row.get("signed_on")) for row in rows]
        return [min(filter(None, pair)) if all(pair) else pair[0] for pair in zip(days, signed, strict=True)]
    return days


def known_at(book: Book, day: date) -> Book:
    """What was on record at the end of that day; a row without a readable date is there from the beginning."""
    known = Book({}, {table: list(names) for table, names in book.columns.items()})
    for table, rows in book.rows.items():
        kept = []
        for row, begins in zip(rows, row_days(book, table), strict=True):
            if begins is not None and begins > day:
                continue
            seen = dict(row)
            for name, others in WRITTEN_LATER.get(table, {}).items():
                at = day_of(table, name, row.get(name))
                if at is not None and at > day:
                    seen |= dict.fromkeys((name, *(other for other in others if other in row)))
            kept.append(seen)
        known.rows[table] = kept
    return known


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def deliver(book: Book, directory: Path, form: str = "csv", *, is_rewritten: bool = False) -> list[str]:
    """Make the directory hold the book as CSV files (`csv`), as Parquet (`parquet`), or in parts.

    Parts are those of a week (`weeks`), of a conversation for who took part (`conversations`), or of the delivery that
    brought their rows first (`arrivals`; `folders` for all tables): as an exporter leaves them that adds a file and
    touches no other.

    Returns the files that were written or deleted. `is_rewritten` writes all, also those that stay the same.
    """
    wanted: dict[Path, bytes] = {}
    for table, rows in book.rows.items():
        names = book.names(table)
        if form == "csv":
            wanted[directory / f"{table}.csv"] = csv_bytes(names, rows)
        elif form == "weeks" and table in BY_WEEK and rows:
            parts: dict[str, list[TextRow]] = {}
            for row, day in zip(rows, row_days(book, table), strict=True):
                parts.setdefault(str(monday(day)) if day else "undated", []).append(row)
            for week, part in parts.items():
                wanted[directory / table / f"week={week}" / "part-0.parquet"] = parquet_bytes(table, names, part)
        elif rows and (form == "folders" or (form == "arrivals" and table in (*BY_WEEK, *DETAILS))):
            for name, part in parts_of_deliveries(directory / table, table, names, rows).items():
                wanted[directory / table / name] = parquet_bytes(table, names, part)
        elif form == "conversations" and table == "interaction_participants":
            for interaction_id in {row["interaction_id"] for row in rows}:
                part = [row for row in rows if row["interaction_id"] == interaction_id]
                wanted[directory / table / f"{interaction_id}.parquet"] = parquet_bytes(table, names, part)
        else:
            wanted[directory / f"{table}.parquet"] = parquet_bytes(table, names, rows)
    touched = []
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()
            touched.append(f"- {path.relative_to(directory)}")
            if path.parent != directory and not any(path.parent.iterdir()):
                shutil.rmtree(path.parent)
    for path, content in wanted.items():
        if is_rewritten or not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            if form in ("arrivals", "folders"):
                # one that is as young as the build is looked at again by the next
                settled = time.time() - SETTLED_SECONDS
                os.utime(path, (settled, settled))
            touched.append(f"+ {path.relative_to(directory)}")
    return touched


def parts_of_deliveries(folder: Path, table: str, names: list[str], rows: list[TextRow]) -> dict[str, list[TextRow]]:
    """The rows by the file that they lie in already; those that lie in none are a new one."""
    # as they are read back: a file tells no 1 from 1.0
    whole = pl.read_parquet(io.BytesIO(parquet_bytes(table, names, rows)))
    waiting: dict[tuple[object, ...], list[TextRow]] = {}
    for values, row in zip(whole.iter_rows(), rows, strict=True):
        waiting.setdefault(values, []).append(row)
    parts: dict[str, list[TextRow]] = {}
    for path in sorted(folder.glob("*.parquet")):
        for values in pl.read_parquet(path).select(whole.columns).iter_rows():
            if waiting.get(values):
                parts.setdefault(path.name, []).append(waiting[values].pop())
    if arrived := [row for found in waiting.values() for row in found]:
        numbers = [int(path.stem.removeprefix("part-")) for path in folder.glob("part-*.parquet")]
        parts[f"part-{max(numbers, default=-1) + 1:04}.parquet"] = arrived
    return parts


def csv_bytes(names: list[str], rows: Iterable[TextRow]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parquet_bytes(table: str, names: list[str], rows: list[TextRow]) -> bytes:
    frame: pl.DataFrame = as_frame(TABLE_BY_NAME[table], names, rows, True)
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()
