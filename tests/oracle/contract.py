"""The raw contract, applied row by row: what is accepted, what is rejected and by which rule.

Its own encoding of the contract's columns, written from the document and not from the models.
"""

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from .reference import Reference

RawRow = dict[str, str | None]
Row = dict[str, Any]


class ContractError(Exception):
    """A required table or column is missing: the build must stop and name it."""


@dataclass(frozen=True)
class Column:
    """One column. `kind`: text, date, timestamp, number, count or boolean. Range ends inclusive."""

    name: str
    kind: str = "text"
    is_key: bool = False
    is_optional: bool = False
    low: float | None = None
    high: float | None = None
    above: float | None = None
    values: tuple[str, ...] = ()
    reference: str | None = None
    parent: str | None = None


@dataclass(frozen=True)
class Table:
    """One table; `spans` are pairs (start, end) of which the end may not precede the start."""

    name: str
    domain: str
    is_required: bool
    columns: tuple[Column, ...]
    spans: tuple[tuple[str, str], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def key(name: str, kind: str = "text", parent: str | None = None) -> Column:
    return Column(name, kind, is_key=True, parent=parent)


def text(name: str, parent: str | None = None) -> Column:
    return Column(name, parent=parent)


def opt(name: str, kind: str = "text", parent: str | None = None) -> Column:
    return Column(name, kind, is_optional=True, parent=parent)


def enum(name: str, *values: str) -> Column:
    return Column(name, values=values)


def day(name: str) -> Column:
    return Column(name, "date")


def instant(name: str) -> Column:
    return Column(name, "timestamp")


def amount(name: str, is_optional: bool = False) -> Column:
    return Column(name, "number", is_optional=is_optional, low=0)


TABLES: tuple[Table, ...] = (
    Table(
        "csms",
        "crm",
        True,
        (
            key("csm_id"),
            text("csm_name"),
            Column("role_tier", reference="role_tiers"),
            opt("team"),
            opt("region"),
            opt("languages"),
            opt("skills"),
            day("hired_on"),
            opt("left_on", "date"),
            Column("productive_hours_per_week", "number", is_optional=True, low=0, high=168),
            Column("fte", "number", is_optional=True, above=0),
        ),
        spans=(("hired_on", "left_on"),),
    ),
    Table(
        "accounts",
        "crm",
        True,
        (
            key("account_id"),
            text("account_name"),
            Column("segment", reference="segments"),
            opt("industry"),
            opt("region"),
            opt("language"),
            day("customer_since"),
            opt("churned_on", "date"),
        ),
        spans=(("customer_since", "churned_on"),),
    ),
    Table(
        "account_assignments",
        "crm",
        True,
        (
            key("account_id", parent="accounts"),
            key("assigned_on", "date"),
            text("csm_id", parent="csms"),
            opt("unassigned_on", "date"),
        ),
        spans=(("assigned_on", "unassigned_on"),),
    ),
    Table(
        "subscriptions",
        "crm",
        True,
        (
            key("subscription_id"),
            text("account_id", parent="accounts"),
            text("product"),
            amount("arr_usd"),
            opt("has_custom_configuration", "boolean"),
            day("starts_on"),
            opt("ends_on", "date"),
            opt("cancelled_on", "date"),
        ),
        spans=(("starts_on", "ends_on"),),
    ),
    Table(
        "lifecycle_stage_changes",
        "crm",
        False,
        (
            key("account_id", parent="accounts"),
            key("entered_on", "date"),
            enum("lifecycle_stage", "onboarding", "adoption", "steady", "renewal", "at_risk"),
        ),
    ),
    Table(
        "contacts",
        "crm",
        False,
        (
            key("contact_id"),
            text("account_id", parent="accounts"),
            enum("contact_role", "champion", "decision_maker", "influencer", "user"),
            day("added_on"),
            opt("left_on", "date"),
        ),
        spans=(("added_on", "left_on"),),
    ),
    Table(
        "opportunities",
        "crm",
        False,
        (
            key("opportunity_id"),
            opt("account_id", parent="accounts"),
            enum("opportunity_type", "new_logo", "expansion", "renewal"),
            Column("segment", is_optional=True, reference="segments"),
            amount("amount_usd", is_optional=True),
            day("created_on"),
            opt("expected_close_on", "date"),
            opt("closed_on", "date"),
            opt("is_won", "boolean"),
        ),
        spans=(("created_on", "closed_on"),),
    ),
    Table(
        "opportunity_stage_changes",
        "crm",
        False,
        (
            key("opportunity_id", parent="opportunities"),
            key("entered_on", "date"),
            Column("stage", reference="stages"),
        ),
    ),
    Table(
        "health_scores",
        "crm",
        False,
        (
            key("account_id", parent="accounts"),
            key("scored_on", "date"),
            Column("health_score", "number", low=0, high=100),
        ),
    ),
    Table(
        "csm_absences",
        "crm",
        False,
        (
            key("csm_id", parent="csms"),
            key("starts_on", "date"),
            opt("ends_on", "date"),
            amount("absent_fte", is_optional=True),
            opt("reason"),
        ),
        spans=(("starts_on", "ends_on"),),
    ),
    Table(
        "risk_flags",
        "crm",
        False,
        (
            key("risk_flag_id"),
            text("account_id", parent="accounts"),
            opt("csm_id", parent="csms"),
            instant("raised_at"),
            opt("resolved_at", "timestamp"),
            opt("reason"),
        ),
        spans=(("raised_at", "resolved_at"),),
    ),
    Table(
        "effort_surveys",
        "crm",
        False,
        (
            key("csm_id", parent="csms"),
            key("surveyed_on", "date"),
            Column("perceived_load", "number", low=1, high=10),
        ),
    ),
    Table(
        "product_usage",
        "usage",
        False,
        (
            key("account_id", parent="accounts"),
            key("product"),
            key("used_on", "date"),
            Column("active_users", "count", is_optional=True, low=0),
            Column("event_count", "count", is_optional=True, low=0),
        ),
    ),
    Table(
        "tickets",
        "support",
        False,
        (
            key("ticket_id"),
            text("account_id", parent="accounts"),
            instant("opened_at"),
            enum("priority", "low", "normal", "high", "urgent"),
            opt("escalated_at", "timestamp"),
            opt("resolved_at", "timestamp"),
        ),
        spans=(("opened_at", "resolved_at"),),
    ),
    Table(
        "interactions",
        "interactions",
        True,
        (
            key("interaction_id"),
            opt("account_id", parent="accounts"),
            text("csm_id", parent="csms"),
            instant("started_at"),
            text("interaction_type"),
            opt("channel"),
            amount("duration_minutes", is_optional=True),
            enum("status", "completed", "cancelled", "no_show"),
            Column("sentiment_score", "number", is_optional=True, low=-1, high=1),
            Column("quality_score", "number", is_optional=True, low=0, high=100),
            opt("scorecard"),
            opt("language"),
        ),
    ),
    Table(
        "interaction_participants",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("contact_id", parent="contacts"),
        ),
    ),
    Table(
        "interaction_topics",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("topic"),
            enum("topic_kind", "product", "competitor", "risk", "renewal", "other"),
            opt("product"),
            Column("mention_count", "count", is_optional=True, low=0),
        ),
    ),
    Table(
        "action_items",
        "interactions",
        False,
        (
            key("action_item_id"),
            text("interaction_id", parent="interactions"),
            instant("created_at"),
            opt("due_on", "date"),
            opt("completed_at", "timestamp"),
        ),
        spans=(("created_at", "completed_at"),),
    ),
    Table(
        "time_entries",
        "interactions",
        False,
        (
            key("time_entry_id"),
            text("csm_id", parent="csms"),
            opt("account_id", parent="accounts"),
            day("worked_on"),
            opt("activity"),
            amount("minutes"),
        ),
    ),
    Table(
        "transcripts",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("turn", "count"),
            opt("speaker_contact_id", parent="contacts"),
            opt("speaker_csm_id", parent="csms"),
            opt("language"),
            text("text"),
        ),
    ),
    Table(
        "renewals",
        "outcomes",
        False,
        (
            key("account_id", parent="accounts"),
            key("renewed_on", "date"),
            enum("outcome", "renewed", "expanded", "contracted", "churned"),
            amount("arr_before_usd"),
            amount("arr_after_usd"),
        ),
    ),
    Table(
        "survey_responses",
        "outcomes",
        False,
        (
            key("account_id", parent="accounts"),
            key("responded_on", "date"),
            Column("survey", is_key=True, values=("csat", "nps")),
            Column("score", "number"),
        ),
    ),
)
TABLE_BY_NAME = {table.name: table for table in TABLES}
SCORE_RANGE = {"csat": (1.0, 5.0), "nps": (0.0, 10.0)}
FOREVER = date.max


@dataclass(frozen=True)
class Fault:
    table_name: str
    row_key: str
    column_name: str | None
    value: str | None
    rule: str


@dataclass(frozen=True)
class Coverage:
    table_name: str
    is_present: bool
    read_count: int
    accepted_count: int
    rejected_count: int


@dataclass(frozen=True)
class Outcome:
    """Accepted typed rows per table (every contract column a key), faults and coverage."""

    accepted: dict[str, list[Row]]
    faults: list[Fault]
    coverage: list[Coverage]


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


# --- parsing ---------------------------------------------------------------------------------

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d{2}(?::?\d{2})?)?"
)


def parse_date(value: str) -> date:
    if not DATE.fullmatch(value) or not value.isascii():
        raise ValueError(value)
    return date.fromisoformat(value)


def parse_timestamp(value: str) -> datetime:
    """The instant in UTC; without an offset the text is UTC already."""
    match = TIMESTAMP.fullmatch(value)
    if not match or not value.isascii():
        raise ValueError(value)
    on, hour, minute, second, fraction, offset = match.groups()
    micros = int((fraction or "0").ljust(6, "0")[:6])
    zone = UTC
    if offset and offset != "Z":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        zone = timezone(shift if offset[0] == "+" else -shift)
    at = date.fromisoformat(on)
    local = datetime(at.year, at.month, at.day, int(hour), int(minute), int(second or 0), micros, zone)
    return local.astimezone(UTC)


def parse_number(value: str) -> float:
    if not NUMBER.fullmatch(value) or not value.isascii():
        raise ValueError(value)
    parsed = float(value)
    if not math.isfinite(parsed):
        raise ValueError(value)
    return parsed


def parse_count(value: str) -> int:
    parsed = parse_number(value)
    if parsed != int(parsed):
        raise ValueError(value)
    return int(parsed)


def parse_boolean(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError(value)
    return value == "true"


PARSERS = {
    "text": str,
    "date": parse_date,
    "timestamp": parse_timestamp,
    "number": parse_number,
    "count": parse_count,
    "boolean": parse_boolean,
}


def parse(kind: str, value: str) -> Any:
    """The typed value. Raises ValueError when the text does not parse as the kind."""
    try:
        return PARSERS[kind](value)
    except OverflowError as error:
        raise ValueError(value) from error


# --- judging ---------------------------------------------------------------------------------


@dataclass
class Judged:
    """One physical row on its way: text as received, typed values, the rules it broke."""

    raw: RawRow
    typed: Row
    row_key: str
    faults: list[Fault]

    def break_rule(self, table: Table, column: str | None, value: str | None, rule: str) -> None:
        self.faults.append(Fault(table.name, self.row_key, column, value, rule))


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
    row.typed[column.name] = None
    if value is None:
        if column.is_key:
            row.break_rule(table, column.name, None, "missing_key")
        elif not column.is_optional:
            row.break_rule(table, column.name, None, "missing_value")
        return
    try:
        typed = parse(column.kind, value)
    except ValueError:
        row.break_rule(table, column.name, value, "unparseable_value")
        return
    row.typed[column.name] = typed
    low, high = column.low, column.high
    if (table.name, column.name) == ("survey_responses", "score"):
        low, high = SCORE_RANGE.get(row.raw["survey"] or "", (None, None))
    if (
        (low is not None and typed < low)
        or (high is not None and typed > high)
        or (column.above is not None and typed <= column.above)
    ):
        row.break_rule(table, column.name, value, "out_of_range")
    values = allowed_values(column, reference)
    if values is not None and typed not in values:
        row.break_rule(table, column.name, value, "unknown_enum")
    if (table.name, column.name, value) == ("csms", "csm_id", "unassigned"):
        row.break_rule(table, column.name, value, "unknown_enum")


def judge_spans(table: Table, row: Judged) -> None:
    for start, end in table.spans:
        if row.typed[start] is None or row.typed[end] is None:
            continue
        if row.typed[end] < row.typed[start]:
            row.break_rule(table, end, row.raw[end], "end_before_start")


def judge_parents(table: Table, row: Judged, accepted: dict[str, list[Row]], supplied: set[str]) -> None:
    for column in table.columns:
        if column.parent is None or column.parent not in supplied:
            continue
        value = row.raw[column.name]
        if value is None:
            continue
        parent_key = TABLE_BY_NAME[column.parent].keys[0]
        if not any(parent[parent_key] == value for parent in accepted[column.parent]):
            row.break_rule(table, column.name, value, "unknown_parent")


def judge_duplicates(table: Table, rows: list[Judged]) -> None:
    """Of identical rows the first is kept, of rows that differ none. No key, no duplicate."""
    groups: dict[tuple[str | None, ...], list[Judged]] = {}
    for row in rows:
        parts = tuple(row.raw[name] for name in table.keys)
        if None not in parts:
            groups.setdefault(parts, []).append(row)
    for group in groups.values():
        are_identical = all(row.raw == group[0].raw for row in group)
        for position, row in enumerate(group):
            if len(group) > 1 and not (are_identical and position == 0):
                row.break_rule(table, "|".join(table.keys), row.row_key, "duplicate_key")


def spans_overlap(one: Row, other: Row) -> bool:
    """Whether two assignments share a day; an empty span shares none."""
    start = max(one["assigned_on"], other["assigned_on"])
    end = min(one["unassigned_on"] or FOREVER, other["unassigned_on"] or FOREVER)
    return bool(start < end)


def judge_overlaps(table: Table, rows: list[Judged]) -> None:
    sound = [row for row in rows if not row.faults]
    overlapping = [
        row
        for row in sound
        if any(
            other is not row
            and other.typed["account_id"] == row.typed["account_id"]
            and spans_overlap(row.typed, other.typed)
            for other in sound
        )
    ]
    for row in overlapping:
        row.break_rule(table, "assigned_on", row.raw["assigned_on"], "overlapping_assignment")


def apply_contract(raw: Path, reference: Reference) -> Outcome:
    """Read every table of `raw` and judge it. Raises ContractError as the build must stop."""
    received: dict[str, list[RawRow]] = {}
    for table in TABLES:
        source = read_table(raw, table)
        if source is None:
            if table.is_required:
                raise ContractError(f"required table {table.name} not found in {raw}")
            continue
        header, rows = source
        for column in table.columns:
            if not column.is_optional and column.name not in header:
                raise ContractError(f"required column {table.name}.{column.name} not found")
        received[table.name] = [{column.name: row.get(column.name) for column in table.columns} for row in rows]

    outcome = Outcome({}, [], [])
    # TABLES lists parents before children, so a parent's verdict is known when it is needed.
    for table in TABLES:
        judged = []
        for raw_row in received.get(table.name, []):
            row_key = "|".join(raw_row[name] or "" for name in table.keys)
            row = Judged(raw_row, {}, row_key, [])
            for column in table.columns:
                judge_cell(table, column, row, reference)
            judge_spans(table, row)
            judge_parents(table, row, outcome.accepted, set(received))
            judged.append(row)
        judge_duplicates(table, judged)
        if table.name == "account_assignments":
            judge_overlaps(table, judged)
        accepted = [row.typed for row in judged if not row.faults]
        outcome.accepted[table.name] = accepted
        outcome.faults.extend(fault for row in judged for fault in row.faults)
        outcome.coverage.append(
            Coverage(
                table_name=table.name,
                is_present=table.name in received,
                read_count=len(judged),
                accepted_count=len(accepted),
                rejected_count=sum(1 for row in judged if row.faults),
            )
        )
    return outcome


def rule_counts(outcome: Outcome) -> Counter[str]:
    """How often each rule was broken; to see that random books reach every rule."""
    return Counter(fault.rule for fault in outcome.faults)
