"""The raw contract, applied row by row: what is accepted, what is rejected and by which rule.

Its own encoding of the contract's columns and forms (`raw_tables`, `raw_forms`), written from the document and
not from the models.
"""

import csv
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from .raw_forms import NativeNan, enumeration_word, folded_name, is_null_word, is_own_form, parse, parse_timestamp
from .raw_tables import TABLE_BY_NAME, TABLES, Column, Table
from .reference import Reference

__all__ = [
    "TABLES",
    "TABLE_BY_NAME",
    "Column",
    "ContractError",
    "Coverage",
    "Fault",
    "Outcome",
    "Row",
    "Table",
    "apply_contract",
    "must_stop",
    "parse",
    "parse_timestamp",
    "rule_counts",
]

RawRow = dict[str, str | None]
Row = dict[str, Any]


class ContractError(Exception):
    """A required table or column is missing: the build must stop and name it."""


SCORE_RANGE = {"csat": (1.0, 5.0), "nps": (0.0, 10.0)}
FOREVER = date.max
DEFAULT_LIMITS = {"maximum_interaction_minutes": 720, "maximum_rejected_share": 0.2, "loss_minimum_row_count": 20}
# Tables whose rows a copied interaction hands on to the one that is kept.
CHILDREN_OF_COPIES = ("interaction_participants", "interaction_topics", "action_items", "transcripts")
ROW, VALUE = "row", "value"


@dataclass(frozen=True)
class Fault:
    """One broken rule. Scope: the row is rejected, or the value alone is lost."""

    table_name: str
    row_key: str
    column_name: str | None
    value: str | None
    rule: str
    scope: str = ROW


@dataclass(frozen=True)
class Coverage:
    table_name: str
    is_present: bool
    read_count: int
    accepted_count: int
    rejected_count: int
    normalised_count: int
    nulled_value_count: int
    unread_columns: str | None


@dataclass(frozen=True)
class Outcome:
    """Accepted typed rows per table (every contract column a key), faults, coverage and grave losses."""

    accepted: dict[str, list[Row]]
    faults: list[Fault]
    coverage: list[Coverage]
    losses: list[str] = field(default_factory=list)


# --- reading ---------------------------------------------------------------------------------


def as_text(value: Any) -> str | None:
    """A native Parquet value as the text that a CSV would have held."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return NativeNan("nan")
    if isinstance(value, float | int | Decimal):
        return str(value)
    return str(value)


def read_csv_file(path: Path) -> tuple[list[str], list[RawRow]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, strict=True))
    header, body = lines[0], lines[1:]
    return header, [{name: (value or None) for name, value in zip(header, line, strict=True)} for line in body]


def read_parquet_files(paths: list[Path]) -> tuple[list[str], list[RawRow]]:
    header: list[str] = []
    rows: list[RawRow] = []
    for path in paths:
        frame = pl.read_parquet(path, hive_partitioning=False)
        header += [name for name in frame.columns if name not in header]
        rows += [{name: as_text(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]
    return header, rows


def read_table(raw: Path, table: Table) -> tuple[list[str], list[RawRow]] | None:
    """Header and rows of the table's file, None when it was not supplied."""
    found: list[list[Path]] = []
    for folder in (raw, raw / table.domain):
        for suffix in ("csv", "parquet"):
            path = folder / f"{table.name}.{suffix}"
            if path.is_file():
                found.append([path])
        # `interactions/` is a table's folder of parts or a domain's folder: files named as
        # tables tell which.
        parts = [path for path in sorted((folder / table.name).glob("*.parquet")) if path.stem not in TABLE_BY_NAME]
        if parts:
            found.append(parts)
    if not found:
        return None
    if len(found) > 1:
        raise ContractError(f"{table.name}: supplied more than once: {found}")
    if found[0][0].suffix == ".csv":
        return read_csv_file(found[0][0])
    return read_parquet_files(found[0])


def match_columns(table: Table, header: list[str]) -> dict[str, str]:
    """The received column for each contract column that has one: of its very name, else the only one that fits."""
    found: dict[str, str] = {}
    for column in table.columns:
        fitting = [name for name in header if folded_name(name) == folded_name(column.name)]
        if column.name in header:
            found[column.name] = column.name
        elif len(fitting) == 1:
            found[column.name] = fitting[0]
    return found


# --- judging ---------------------------------------------------------------------------------


@dataclass
class Judged:
    """One physical row on its way: text as received, typed values, the rules it broke.

    `compared` has the values by which two rows are equal: typed where they parse, else their text. A
    surplus row repeats another one and is no loss.
    """

    raw: RawRow
    typed: Row
    row_key: str
    faults: list[Fault]
    compared: Row = field(default_factory=dict)
    normalised_count: int = 0
    is_surplus: bool = False
    closed_on: date = FOREVER

    @property
    def is_sound(self) -> bool:
        return all(fault.scope != ROW for fault in self.faults)

    def break_rule(self, table: Table, column: str | None, value: str | None, rule: str, scope: str = ROW) -> None:
        self.faults.append(Fault(table.name, self.row_key, column, value, rule, scope))


def allowed_values(column: Column, reference: Reference) -> set[str] | None:
    if column.values:
        return set(column.values)
    if column.reference == "role_tiers":
        return set(reference.role_tiers)
    if column.reference == "segments":
        return set(reference.cadences)
    if column.reference == "stages":
        return set(reference.stages)
    return None


def judge_cell(table: Table, column: Column, row: Judged, reference: Reference) -> None:
    """At most one of missing, unparseable, out of range and unknown value per cell."""
    value = row.raw[column.name]
    words = allowed_values(column, reference)
    row.typed[column.name] = row.compared[column.name] = None
    is_own_word = words is not None and value in words
    if value is None or (column.is_typed and is_null_word(value) and not is_own_word):
        row.normalised_count += int(value is not None)
        if column.is_key:
            row.break_rule(table, column.name, value, "missing_key")
        elif not column.is_optional:
            row.break_rule(table, column.name, value, "missing_value")
        return
    scope = VALUE if column.is_measure else ROW
    row.compared[column.name] = value
    try:
        typed = parse(column.kind, value)
    except ValueError:
        row.break_rule(table, column.name, value, "unparseable_value", scope)
        return
    row.normalised_count += int(not is_own_form(column.kind, value))
    if words is not None:
        typed = enumeration_word(value, words)
        row.normalised_count += int(typed != value)
    row.typed[column.name] = row.compared[column.name] = typed
    if not is_in_range(table, column, row, reference):
        row.break_rule(table, column.name, value, "out_of_range", scope)
        if column.is_measure:
            row.typed[column.name] = None
    if words is not None and typed not in words:
        row.break_rule(table, column.name, value, "unknown_enum", scope)
    if (table.name, column.name, value) == ("csms", "csm_id", "unassigned"):
        row.break_rule(table, column.name, value, "unknown_enum", scope)


def is_in_range(table: Table, column: Column, row: Judged, reference: Reference) -> bool:
    typed, low, high = row.typed[column.name], column.low, column.high
    if column.high_threshold is not None:
        high = limit_of(reference, column.high_threshold)
    if (table.name, column.name) == ("survey_responses", "score"):
        low, high = SCORE_RANGE.get(row.typed["survey"] or "", (None, None))
    is_low_enough = high is None or typed <= high
    is_high_enough = (low is None or typed >= low) and (column.above is None or typed > column.above)
    return is_low_enough and is_high_enough


def limit_of(reference: Reference, name: str) -> float:
    return reference.thresholds.get(name, DEFAULT_LIMITS[name])


def judge_spans(table: Table, row: Judged) -> None:
    for start, end in table.spans:
        if row.typed[start] is None or row.typed[end] is None:
            continue
        if row.typed[end] < row.typed[start]:
            row.break_rule(table, end, row.raw[end], "end_before_start")


def judge_parents(
    table: Table, row: Judged, accepted_keys: dict[str, set[str]], supplied: set[str], copies: dict[str, str]
) -> None:
    """A row of a copied interaction is one of the interaction that is kept."""
    for column in table.columns:
        if column.parent is None or column.parent not in supplied:
            continue
        value = row.raw[column.name]
        if value is None:
            continue
        if column.parent == "interactions" and value in copies:
            row.typed[column.name] = copies[value]
        elif value not in accepted_keys[column.parent]:
            row.break_rule(table, column.name, value, "unknown_parent")


def judge_duplicates(table: Table, rows: list[Judged]) -> None:
    """Of identical rows the first is kept, of rows that differ none. No key, no duplicate."""
    groups: dict[tuple[Any, ...], list[Judged]] = {}
    for row in rows:
        parts = tuple(row.compared[name] for name in table.keys)
        if None not in parts:
            groups.setdefault(parts, []).append(row)
    for group in groups.values():
        are_identical = all(row.compared == group[0].compared for row in group)
        for position, row in enumerate(group):
            if len(group) > 1 and not (are_identical and position == 0):
                row.break_rule(table, "|".join(table.keys), row.row_key, "duplicate_key")
                row.is_surplus = are_identical


def judge_copied_interactions(table: Table, rows: list[Judged]) -> dict[str, str]:
    """Of completed interactions equal in all but their id the smallest id is kept: copy to kept one."""
    groups: dict[tuple[Any, ...], list[Judged]] = {}
    for row in rows:
        if row.is_sound and row.typed["status"] == "completed":
            said = tuple(row.compared[column.name] for column in table.columns if not column.is_key)
            groups.setdefault(said, []).append(row)
    copies: dict[str, str] = {}
    for group in groups.values():
        kept, *others = sorted(group, key=lambda row: str(row.typed["interaction_id"]))
        for row in others:
            copies[row.typed["interaction_id"]] = kept.typed["interaction_id"]
            row.break_rule(table, "interaction_id", row.raw["interaction_id"], "copied_interaction")
            row.is_surplus = True
    return copies


def judge_rows_of_copies(table: Table, rows: list[Judged]) -> None:
    """What the kept interaction has already, or a copy with a smaller id, is there once."""
    groups: dict[tuple[Any, ...], list[Judged]] = {}
    for row in rows:
        if row.is_sound:
            groups.setdefault(tuple(row.typed[name] for name in table.keys), []).append(row)
    for group in groups.values():
        for row in sorted(group, key=lambda row: str(row.raw["interaction_id"]))[1:]:
            row.break_rule(table, "interaction_id", row.raw["interaction_id"], "copied_interaction")
            row.is_surplus = True


def is_empty_span(row: Row) -> bool:
    return bool(row["unassigned_on"] == row["assigned_on"])


def close_open_assignments(rows: list[Judged]) -> None:
    """An open span ends where the next one of the account begins."""
    sound = [row for row in rows if row.is_sound and not is_empty_span(row.typed)]
    for row in sound:
        if row.typed["unassigned_on"] is not None:
            continue
        later = [
            other.typed["assigned_on"]
            for other in sound
            if other.typed["account_id"] == row.typed["account_id"]
            and other.typed["assigned_on"] > row.typed["assigned_on"]
        ]
        if later:
            row.closed_on = min(later)
            row.normalised_count += 1


def spans_overlap(one: Judged, other: Judged) -> bool:
    """Whether two assignments share a day; an empty span shares none."""
    start = max(one.typed["assigned_on"], other.typed["assigned_on"])
    end = min(one.typed["unassigned_on"] or one.closed_on, other.typed["unassigned_on"] or other.closed_on)
    return bool(start < end)


def judge_assignments(table: Table, rows: list[Judged]) -> None:
    """Of the sound spans those that ended as received and overlap another; the open ones are closed."""
    close_open_assignments(rows)
    sound = [row for row in rows if row.is_sound]
    overlapping = [
        row
        for row in sound
        if row.typed["unassigned_on"] is not None
        and any(
            other is not row and other.typed["account_id"] == row.typed["account_id"] and spans_overlap(row, other)
            for other in sound
        )
    ]
    for row in overlapping:
        row.break_rule(table, "assigned_on", row.raw["assigned_on"], "overlapping_assignment")
    for row in sound:
        if row.typed["unassigned_on"] is None and row.closed_on != FOREVER:
            row.typed["unassigned_on"] = row.closed_on


# --- loss ------------------------------------------------------------------------------------


def counted_rows(rows: list[Judged]) -> list[Judged]:
    """The rows that a loss is a share of: copies aside."""
    return [row for row in rows if not row.is_surplus]


def lost_rows(rows: list[Judged]) -> list[Judged]:
    return [row for row in counted_rows(rows) if not row.is_sound]


def dependent_rows(rows: list[Judged], columns: list[Column], lost_keys: set[str | None]) -> list[Judged]:
    """The rows that name one of the lost rows."""
    return [row for row in counted_rows(rows) if any(row.raw[column.name] in lost_keys for column in columns)]


def grave_losses(judged: dict[str, list[Judged]], reference: Reference) -> list[str]:
    """Why the build must stop: what a required table lost, one line each."""
    limit = limit_of(reference, "maximum_rejected_share")
    required = [table for table in TABLES if table.is_required]
    lines = []
    for table in required:
        rows, lost = counted_rows(judged[table.name]), lost_rows(judged[table.name])
        if len(rows) >= limit_of(reference, "loss_minimum_row_count"):
            if round(len(lost) / len(rows), 9) > limit:
                lines.append(f"{table.name}: {len(lost)} of {len(rows)} rows are rejected")
            continue
        accepted_keys = {row.raw[table.keys[0]] for row in rows if row.is_sound}
        lost_keys = {key for row in lost if (key := row.raw[table.keys[0]]) is not None} - accepted_keys
        for other in required:
            columns = [column for column in other.columns if column.parent == table.name]
            others = counted_rows(judged[other.name])
            dependent = dependent_rows(judged[other.name], columns, lost_keys)
            if others and round(len(dependent) / len(others), 9) > limit:
                lines.append(
                    f"{table.name}: {len(dependent)} of {len(others)} rows of {other.name} depend on what it lost"
                )
    return lines


def must_stop(outcome: Outcome) -> bool:
    """Whether the build stops for want of too many rows, unless ALLOW_LOSS says otherwise."""
    return bool(outcome.losses)


# --- the whole -------------------------------------------------------------------------------


def read_rows(raw: Path, table: Table) -> tuple[list[RawRow], list[str]] | None:
    """The rows under the contract's names and the columns that are not read; None without the table."""
    source = read_table(raw, table)
    if source is None:
        if table.is_required:
            raise ContractError(f"required table {table.name} not found in {raw}")
        return None
    header, rows = source
    names = match_columns(table, header)
    for column in table.columns:
        if not column.is_optional and column.name not in names:
            raise ContractError(f"required column {table.name}.{column.name} not found")
    unread = [name for name in header if name not in names.values()]
    return [
        {column.name: row.get(names.get(column.name, "")) if column.name in names else None for column in table.columns}
        for row in rows
    ], unread


def apply_contract(raw: Path, reference: Reference) -> Outcome:
    """Read every table of `raw` and judge it. Raises ContractError as the build must stop."""
    received: dict[str, list[RawRow]] = {}
    unread: dict[str, list[str]] = {}
    for table in TABLES:
        source = read_rows(raw, table)
        if source is not None:
            received[table.name], unread[table.name] = source

    outcome = Outcome({}, [], [])
    judged: dict[str, list[Judged]] = {}
    accepted_keys: dict[str, set[str]] = {}
    copies: dict[str, str] = {}
    # TABLES lists parents before children, so a parent's verdict is known when it is needed.
    for table in TABLES:
        rows = judged[table.name] = []
        for raw_row in received.get(table.name, []):
            row_key = "|".join(raw_row[name] or "" for name in table.keys)
            row = Judged(raw_row, {}, row_key, [])
            for column in table.columns:
                judge_cell(table, column, row, reference)
            judge_spans(table, row)
            judge_parents(table, row, accepted_keys, set(received), copies)
            rows.append(row)
        judge_duplicates(table, rows)
        if table.name == "account_assignments":
            judge_assignments(table, rows)
        if table.name == "interactions":
            copies = judge_copied_interactions(table, rows)
        if table.name in CHILDREN_OF_COPIES:
            judge_rows_of_copies(table, rows)
        accepted = [row.typed for row in rows if row.is_sound]
        outcome.accepted[table.name] = accepted
        accepted_keys[table.name] = {str(row[table.keys[0]]) for row in accepted}
        outcome.faults.extend(fault for row in rows for fault in row.faults)
        outcome.coverage.append(
            Coverage(
                table_name=table.name,
                is_present=table.name in received,
                read_count=len(rows),
                accepted_count=len(accepted),
                rejected_count=sum(1 for row in rows if not row.is_sound),
                normalised_count=sum(row.normalised_count for row in rows),
                nulled_value_count=sum(fault.scope == VALUE for row in rows for fault in row.faults),
                unread_columns=",".join(unread.get(table.name, [])) or None,
            )
        )
    outcome.losses.extend(grave_losses(judged, reference))
    return outcome


def rule_counts(outcome: Outcome) -> Counter[str]:
    """How often each rule was broken; to see that random books reach every rule."""
    return Counter(fault.rule for fault in outcome.faults)
