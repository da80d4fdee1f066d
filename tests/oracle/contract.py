"""The raw contract, applied row by row: what is accepted, what is rejected and by which rule.

Its own encoding of the contract's columns, written from the document and not from the models.
"""

import csv
import math
import re
from collections import Counter
from dataclasses import dataclass, field
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
    """One column. `kind`: text, date, timestamp, number, count or boolean. Range ends inclusive.

    A fault in a measure (`~`) costs the value and not the row. `high_threshold` names the threshold that
    is the range's upper end.
    """

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
    is_measure: bool = False
    high_threshold: str | None = None

    @property
    def is_enumeration(self) -> bool:
        return bool(self.values) or self.reference is not None

    @property
    def is_typed(self) -> bool:
        """Whether a null word stands for nothing here: not in ids and free text."""
        return self.kind != "text" or self.is_enumeration


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


def measure(
    name: str,
    kind: str = "number",
    low: float = 0,
    high: float | None = None,
    high_threshold: str | None = None,
) -> Column:
    return Column(name, kind, is_optional=True, low=low, high=high, is_measure=True, high_threshold=high_threshold)


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
            opt("contract_id"),
            opt("signed_on", "date"),
            opt("renews_subscription_id"),
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
            measure("amount_usd"),
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
            measure("active_users", "count"),
            measure("event_count", "count"),
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
            measure("duration_minutes", high_threshold="maximum_interaction_minutes"),
            enum("status", "completed", "cancelled", "no_show"),
            measure("sentiment_score", low=-1, high=1),
            measure("quality_score", high=100),
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
            measure("mention_count", "count"),
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
            Column("speaker_side", is_optional=True, values=("ours", "theirs")),
            measure("started_seconds"),
            measure("ended_seconds"),
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


class NativeNan(str):
    """A float that is no number, in Parquet: not the word `NaN`, which stands for nothing."""


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


def folded_name(name: str) -> str:
    """A column's name by its letters and digits, in any case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


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


# --- parsing ---------------------------------------------------------------------------------

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
WHOLE = re.compile(r"[+-]?\d+")
NULL_WORDS = ("null", "n/a", "na", "nan", "nat", "none", "<na>", "#n/a", "\\n", "-")
TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d{2}(?::?\d{2})?)?"
)


def parse_date(value: str) -> date:
    """The day; a timestamp at midnight is its day."""
    match = MIDNIGHT.fullmatch(value)
    if match:
        value = match.group(1)
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
    word = value.lower()
    if word not in (*TRUE_WORDS, *FALSE_WORDS):
        raise ValueError(value)
    return word in TRUE_WORDS


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


def is_own_form(kind: str, value: str) -> bool:
    """Whether text that parses is written as the contract writes it, and no plain form of it."""
    if kind == "boolean":
        return value in ("true", "false")
    if kind == "count":
        return WHOLE.fullmatch(value) is not None
    if kind == "date":
        return DATE.fullmatch(value) is not None
    return True


def is_null_word(value: str) -> bool:
    return value.lower() in NULL_WORDS and not isinstance(value, NativeNan)


def folded_value(value: str) -> str:
    """A word of an enumeration in any case, with blank or hyphen for underscore."""
    folded = value.lower().replace(" ", "_").replace("-", "_")
    return "cancelled" if folded == "canceled" else folded


def enumeration_word(value: str, words: set[str]) -> str:
    """The one word that the value means, the value itself where there is none."""
    fitting = [word for word in words if folded_value(word) == folded_value(value)]
    return fitting[0] if value not in words and len(fitting) == 1 else value


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


def hanging_rows(rows: list[Judged], columns: list[Column], lost_keys: set[str]) -> list[Judged]:
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
        lost_keys = {str(row.raw[table.keys[0]]) for row in lost} - accepted_keys
        for other in required:
            columns = [column for column in other.columns if column.parent == table.name]
            others = counted_rows(judged[other.name])
            hanging = hanging_rows(judged[other.name], columns, lost_keys)
            if others and round(len(hanging) / len(others), 9) > limit:
                lines.append(f"{table.name}: {len(hanging)} of {len(others)} rows of {other.name} hang on what it lost")
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
