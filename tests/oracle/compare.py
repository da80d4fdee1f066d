"""Compare expected rows with a published DuckDB file's marts, and say readably what differs."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isclose
from pathlib import Path
from typing import Any

import duckdb

from .book import Book
from .contract import Outcome, apply_contract
from .invariants import check_arr_movements, check_dim_accounts
from .metrics import COVERED_MARTS, GIVEN, Mart, Marts, can_build
from .reference import Reference, read_reference
from .signals import check_signals

KEYS: dict[str, tuple[str, ...]] = {
    "fct_account_effort": ("account_id", "week_start_date"),
    "fct_csm_load": ("csm_id", "week_start_date"),
    "fct_csm_throughput": ("csm_id", "week_start_date"),
    "fct_account_coverage": ("account_id",),
    "fct_csm_coverage": ("csm_id", "week_start_date"),
    "fct_renewal_concentration": ("csm_id", "quarter_start_date"),
    "fct_book_renewals": ("csm_id",),
    "fct_csm_engagement": ("csm_id", "week_start_date"),
    "fct_books": ("csm_id", "week_start_date"),
    "fct_touch_plan": ("csm_id",),
    "fct_account_logged_time": ("account_id", "csm_id", "week_start_date"),
    "fct_csm_logged_time": ("csm_id", "week_start_date"),
    "fct_risk_episodes": ("account_id", "emerged_at"),
    "fct_csm_risk_detection": ("csm_id", "week_start_date"),
    "fct_csm_scorecard": ("csm_id", "week_start_date"),
    "fct_rebalancing_triggers": ("csm_id", "trigger", "week_start_date"),
    "data_coverage": ("table_name",),
    "dim_csms": ("csm_id",),
    "dim_weeks": ("week_start_date",),
}
# Not computed, but checked for what must be true of them.
CHECKS: dict[str, Callable[[Book, Mart], list[str]]] = {
    "dim_accounts": check_dim_accounts,
    "fct_arr_movements": check_arr_movements,
    "fct_risk_signals": check_signals,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REJECTED_COLUMNS = ("table_name", "row_key", "column_name", "value", "rule", "scope")
# These rules concern a whole row: the contract does not say which column they name.
ROW_RULES = ("duplicate_key", "overlapping_assignment", "end_before_start", "copied_interaction")
TOLERANCE = 1e-9
SHOWN = 10


def read_mart(connection: duckdb.DuckDBPyConnection, mart: str, columns: Iterable[str]) -> Mart:
    """The mart's rows; timestamps come as microseconds since 1970 UTC."""
    types = {name: kind for name, kind, *_ in connection.execute(f'describe marts."{mart}"').fetchall()}
    selected = []
    for name in columns:
        if name not in types:
            raise AssertionError(f"{mart} has no column {name}; it has {sorted(types)}")
        is_instant = str(types[name]).startswith("TIMESTAMP")
        selected.append(f'epoch_us("{name}")' if is_instant else f'"{name}"')
    rows = connection.execute(f'select {", ".join(selected)} from marts."{mart}"').fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def read_all(connection: duckdb.DuckDBPyConnection, mart: str) -> Mart:
    """The mart's rows with all columns, instants as datetimes in UTC."""
    types = {name: str(kind) for name, kind, *_ in connection.execute(f'describe marts."{mart}"').fetchall()}
    instants = [name for name, kind in types.items() if kind.startswith("TIMESTAMP")]
    rows = read_mart(connection, mart, GIVEN.get(mart, types))
    for row in rows:
        for name in instants:
            if row.get(name) is not None:
                row[name] = EPOCH + timedelta(microseconds=row[name])
    return rows


def comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - EPOCH) // datetime.resolution
    if isinstance(value, Decimal):
        return float(value)
    return value


def are_equal(expected: Any, actual: Any) -> bool:
    """Null equals null, numbers to 1e-9, everything else exactly and in its own type."""
    is_instant = isinstance(expected, datetime)
    expected, actual = comparable(expected), comparable(actual)
    if expected is None or actual is None:
        return expected is None and actual is None
    if is_instant:
        # Microseconds since 1970: to 1e-9 of it would be to a second or two.
        return bool(expected == actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return isinstance(expected, bool) and isinstance(actual, bool) and expected == actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return isclose(expected, actual, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(expected, date) and isinstance(actual, date):
        return expected == actual
    if isinstance(expected, str):
        return expected == str(actual)
    return bool(expected == actual)


def compare_rows(mart: str, expected: Mart, actual: Mart) -> list[str]:
    """One line for each row missing, extra or repeated and for each value that differs."""
    keys = KEYS[mart]
    wanted = {tuple(comparable(row[name]) for name in keys): row for row in expected}
    if len(wanted) != len(expected):
        raise AssertionError(f"the oracle itself repeats a key of {mart}")
    differences = []
    seen: Counter[tuple[Any, ...]] = Counter(tuple(row[name] for name in keys) for row in actual)
    differences += [f"{mart} {at!r}: {n} rows" for at, n in seen.items() if n > 1]
    differences += [f"{mart} {at!r}: row missing" for at in wanted if at not in seen]
    differences += [f"{mart} {at!r}: row not expected" for at in seen if at not in wanted]
    for row in actual:
        at = tuple(row[name] for name in keys)
        for name, value in wanted.get(at, {}).items():
            if not are_equal(value, row[name]):
                differences.append(f"{mart} {at!r} {name}: expected {value!r}, published {row[name]!r}")
    return differences


def same_text(value: str | None) -> str | float | None:
    """A rejected value in one spelling: `1000` and `1000.0` are the same number."""
    if value is None:
        return None
    try:
        return repr(float(value)) if value.strip() == value and "_" not in value else value
    except ValueError:
        return value.replace(" ", "T").removesuffix("+00:00").removesuffix("+00")


def fault_of(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["rule"] in ROW_RULES:
        return (row["table_name"], row["row_key"], row["rule"], row["scope"])
    return (
        row["table_name"],
        row["row_key"],
        row["rule"],
        row["column_name"],
        same_text(row["value"]),
        row["scope"],
    )


def compare_rejected(expected: Mart, actual: Mart) -> list[str]:
    wanted, found = Counter(map(fault_of, expected)), Counter(map(fault_of, actual))
    lines = [f"rejected_rows {at!r}: missing x{n}" for at, n in (wanted - found).items()]
    return lines + [f"rejected_rows {at!r}: not expected x{n}" for at, n in (found - wanted).items()]


def in_any_order(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its list of names in order: the contract does not say which comes first."""
    names = row["unread_columns"]
    return row | {"unread_columns": names and ",".join(sorted(name.strip() for name in str(names).split(",")))}


def compare_mart(connection: duckdb.DuckDBPyConnection, mart: str, expected: Mart) -> list[str]:
    if mart == "rejected_rows":
        return compare_rejected(expected, read_mart(connection, mart, REJECTED_COLUMNS))
    if mart == "data_coverage":
        actual = read_mart(connection, mart, list(expected[0]))
        return compare_rows(mart, [in_any_order(row) for row in expected], [in_any_order(row) for row in actual])
    if not expected:
        count = connection.execute(f'select count(*) from marts."{mart}"').fetchall()[0][0]
        return [f"{mart}: {count} rows, none expected"] if count else []
    return compare_rows(mart, expected, read_mart(connection, mart, list(expected[0])))


def published_marts(path: Path) -> set[str]:
    """The names of the relations in the file's schema `marts`."""
    with duckdb.connect(str(path), read_only=True) as connection:
        query = "select table_name from information_schema.tables where table_schema = 'marts'"
        return {name for (name,) in connection.execute(query).fetchall()}


def compare_published(path: Path, expected: dict[str, Mart]) -> dict[str, list[str]]:
    """Differences per mart (all of them) between the expected rows and the file's `marts`."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {mart: compare_mart(connection, mart, rows) for mart, rows in expected.items()}


def compare_with_book(
    path: Path, outcome: Outcome, reference: Reference, as_of_date: date | None, due: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Differences per mart of the file: all covered ones that are there, and of `due` those that are not."""
    found = published_marts(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        given = {mart: read_all(connection, mart) for mart in GIVEN if mart in found}
        checked = {mart: given.get(mart) or read_all(connection, mart) for mart in CHECKS if mart in found}
    book = Book(outcome, reference, as_of_date)
    marts = Marts(book, outcome, given)
    expected = {mart: marts[mart] for mart in COVERED_MARTS if mart in found and can_build(mart, given)}
    differences = {mart: [f"{mart}: not published"] for mart in due if mart not in found}
    differences |= compare_published(path, expected)
    return differences | {mart: CHECKS[mart](book, rows) for mart, rows in checked.items()}


def readable(differences: dict[str, list[str]]) -> str:
    """The first ten differences, marts taking turns, and the count of the rest per mart."""
    lines: list[str] = []
    for turn in range(SHOWN):
        lines += [found[turn] for found in differences.values() if len(found) > turn]
    counts = {mart: len(found) for mart, found in differences.items() if found}
    return "\n".join([*lines[:SHOWN], f"differences per mart: {counts}"]) if lines else ""


def main(arguments: list[str]) -> int:
    """`python -m tests.oracle.compare RAW_DIR DUCKDB_FILE [AS_OF_DATE] [REFERENCE_DIR]`."""
    raw, published = Path(arguments[0]), Path(arguments[1])
    as_of = date.fromisoformat(arguments[2]) if len(arguments) > 2 and arguments[2] else None
    reference = read_reference(Path(arguments[3] if len(arguments) > 3 else "seeds/reference"))
    outcome = apply_contract(raw, reference)
    for loss in outcome.losses:
        print(f"the build needs ALLOW_LOSS=1: {loss}")
    differences = compare_with_book(published, outcome, reference, as_of)
    print(readable(differences) or "no difference")
    return int(any(differences.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
