"""Find the tables that say something else of a week once later weeks are known.

A build at an early as_of_date is compared with one of the same raw tables at a later one: rows dated up to the early
date must be the same in both. `python -m tests.increments.causality EARLY.duckdb LATE.duckdb [SCHEMA]`.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import duckdb

from .compare import Difference, compare_files

# The first of these that a table has says when its row begins to be known.
DATED_BY = (
    "week_start_date",
    "from_week",
    "emerged_at",
    "started_at",
    "changed_on",
    "valid_from",
    "week",
)
# Ends of spans: set by the next change, so never known when the span begins.
SPAN_ENDS = ("to_week", "to_week_start_date")


def as_of_date(file: Path) -> date:
    with duckdb.connect(str(file), read_only=True) as connection:
        [(day,)] = connection.execute("select as_of_date from intermediate.int_clock").fetchall()
        return day


def dated_by(columns: Iterable[str]) -> str | None:
    names = list(columns)
    return next((name for name in DATED_BY if name in names), None)


def rows_up_to(day: date) -> Callable[[str, dict[str, str]], str | None]:
    """Rows dated up to the end of that day."""

    def condition(_: str, columns: dict[str, str]) -> str | None:
        name = dated_by(columns)
        return name and f"\"{name}\" < timestamp '{day}' + interval 1 day"

    return condition


def not_causal(early: Path, late: Path, schema: str = "marts") -> list[Difference]:
    """Values of the early weeks that the later build has otherwise; ends of spans aside."""
    return compare_files(early, late, schema, rows_up_to(as_of_date(early)), SPAN_ENDS)


def main(arguments: list[str]) -> int:
    early, late = map(Path, arguments[:2])
    schemas = arguments[2:] or ["marts", "intermediate"]
    for schema in schemas:
        differences = not_causal(early, late, schema)
        for difference in differences:
            print(f"{schema}.{difference}")
        print(schema, dict(Counter(difference.table for difference in differences)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
