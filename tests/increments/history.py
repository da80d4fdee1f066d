"""A book that goes on: what happened, what of it has been delivered, and the things that befall deliveries.

A step is a name such as `late:interactions:200`; `apply` plays it with a seeded choice of rows and says what it did.
"""

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.increments.books import BEGINS, DETAILS, ROOT, WRITTEN_LATER, Book, day_of, known_at, monday, row_days
from tests.oracle.contract import TABLE_BY_NAME, TABLES, Column
from tests.oracle.random_book import TextRow

OPTIONAL = tuple(table.name for table in TABLES if not table.is_required)
SHIFTS = (-230, -200, -60, -20, -7, -1, 1, 6, 20, 60)
# Tables whose first key is an id of their own, and who refers to it.
PARENTS = ("csms", "accounts", "interactions", "contacts", "opportunities")


@dataclass
class Row:
    """A row of the raw tables, and whether the exporter has left it out so far (or again)."""

    values: TextRow
    is_withheld: bool = False


@dataclass
class History:
    """All that is known to us; `horizon` is the last day that the exporter has delivered."""

    rows: dict[str, list[Row]]
    columns: dict[str, list[str]]
    horizon: date
    as_of_date: date | None
    root: Path = ROOT
    absent: set[str] = field(default_factory=set)
    is_rewritten: bool = False
    is_killed: bool = False
    is_full: bool = False
    number: int = 0

    @property
    def first(self) -> date:
        """The Monday of the first week with an interaction."""
        days = [day for row in self.shown("interactions") if (day := self.day("interactions", row))]
        return monday(min(days))

    def shown(self, table: str) -> list[Row]:
        """Rows that the exporter does not withhold."""
        return [row for row in self.rows.get(table, []) if not row.is_withheld]

    def day(self, table: str, row: Row) -> date | None:
        return day_of(table, BEGINS[table], row.values.get(BEGINS[table])) if table in BEGINS else None

    def delivered(self) -> Book:
        """What the exporter leaves in the directory."""
        rows = {table: [row.values for row in self.shown(table)] for table in self.rows if table not in self.absent}
        return known_at(Book(rows, self.columns), self.horizon)

    def between(self, table: str, earliest: date, latest: date) -> list[Row]:
        """Rows on record whose day is within these two."""
        shown = self.shown(table)
        days = row_days(Book({**self.as_book(), table: [row.values for row in shown]}), table)
        return [row for row, day in zip(shown, days, strict=True) if day and earliest <= day <= latest]

    def as_book(self) -> dict[str, list[TextRow]]:
        return {"interactions": [row.values for row in self.rows.get("interactions", [])]}

    def next_number(self) -> int:
        self.number += 1
        return self.number


Step = Callable[[History, Random, list[str]], str | None]
STEPS: dict[str, Step] = {}


def step(function: Step) -> Step:
    STEPS[function.__name__] = function
    return function


def apply(history: History, name: str, rng: Random) -> str | None:
    """Play the step; what it did in words, null if there was nothing to do it to."""
    kind, *arguments = name.split(":")
    history.is_rewritten = history.is_killed = history.is_full = False
    return STEPS[kind](history, rng, arguments)


def begin(book: Book, horizon: date, root: Path = ROOT) -> History:
    """A history whose book has been delivered up to the horizon, measured then."""
    rows = {table: [Row(dict(row)) for row in rows] for table, rows in book.rows.items()}
    return History(rows, book.columns, horizon, horizon, root)


# --- time ---


@step
def weeks(history: History, _: Random, arguments: list[str]) -> str:
    """Weeks pass and arrive."""
    count = int(arguments[0])
    history.horizon += timedelta(days=7 * count)
    history.as_of_date = history.horizon
    return f"weeks up to {history.horizon} arrived"


@step
def as_of(history: History, _: Random, arguments: list[str]) -> str:
    """The same book is measured at another Sunday, or at that of its last conversation."""
    if arguments[0] == "derived":
        history.as_of_date = None
        return "as_of_date is left to the data"
    history.as_of_date = (history.as_of_date or history.horizon) + timedelta(days=7 * int(arguments[0]))
    return f"as_of_date {history.as_of_date}"


@step
def same(_: History, __: Random, ___: list[str]) -> str:
    return "nothing changed"


@step
def rewritten(history: History, _: Random, __: list[str]) -> str:
    history.is_rewritten = True
    return "all files written again, with the same content"


@step
def full(history: History, _: Random, __: list[str]) -> str:
    history.is_full = True
    return "FULL=1"


@step
def killed(history: History, rng: Random, arguments: list[str]) -> str | None:
    """The build of what another step delivers is killed."""
    said = apply(history, ":".join(arguments), rng)
    history.is_killed = True
    return said and f"killed while building: {said}"


# --- rows that come late ---


@step
def late(history: History, rng: Random, arguments: list[str]) -> str | None:
    """A row like others arrives with a date so many days ago; `first` means before the first week."""
    table, age = arguments
    today = history.as_of_date or history.horizon
    day = history.first - timedelta(days=17) if age == "first" else today - timedelta(days=int(age))
    values = like_another(history, rng, table, day)
    if values is None:
        return None
    history.rows[table].append(Row(values))
    return f"{table}: a row of {day} arrived: {in_short(values)}"


def like_another(history: History, rng: Random, table: str, day: date) -> TextRow | None:
    """A new row of that day, copied from one that is there; its late columns keep their distance."""
    shown = history.shown(table)
    if not shown:
        return None
    model = TABLE_BY_NAME[table]
    if table in DETAILS:
        parents = history.between("interactions", day - timedelta(days=6), day + timedelta(days=6))
        taken = {key_of(table, row.values) for row in history.rows[table]}
        for _ in range(20):
            values = dict(rng.choice(shown).values)
            if parents:
                values["interaction_id"] = rng.choice(parents).values["interaction_id"]
            if key_of(table, values) not in taken:
                return values
        return None
    candidates = [row for row in shown if history.day(table, row)]
    if not candidates:
        return None
    chosen = rng.choice(candidates)
    values = dict(chosen.values)
    distance = day - (history.day(table, chosen) or day)
    for column in model.columns:
        if column.kind in ("date", "timestamp"):
            values[column.name] = shifted(table, column, values.get(column.name), distance)
    if BEGINS[table] not in model.keys:
        values[model.keys[0]] = f"new{history.next_number()}"
    elif key_of(table, values) in {key_of(table, row.values) for row in history.rows[table]}:
        return None
    return values


def shifted(table: str, column: Column, value: str | None, distance: timedelta) -> str | None:
    """A date or an instant moved; far ends of time and what does not parse stay."""
    day = day_of(table, column.name, value)
    if day is None or value is None or day.year > 2100:
        return value
    moved = (day + distance).isoformat()
    return moved if column.kind == "date" else f"{moved}T{value[11:19] or '10:00:00'}Z"


def key_of(table: str, values: TextRow) -> tuple[str | None, ...]:
    return tuple(values.get(name) for name in TABLE_BY_NAME[table].keys)


def in_short(values: TextRow) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None and name != "text")[:160]


# --- rows that go, and come again ---


@step
def deleted(history: History, rng: Random, arguments: list[str]) -> str | None:
    """One row is gone, of about so many days ago where that is said."""
    table = arguments[0]
    today = history.as_of_date or history.horizon
    rows = history.between(table, date.min, today)
    if len(arguments) > 1:
        is_first = arguments[1] == "first"
        middle = history.first if is_first else today - timedelta(days=int(arguments[1]))
        near = 6 if is_first else 15
        rows = history.between(table, middle - timedelta(days=near), middle + timedelta(days=near))
    if not rows:
        return None
    row = rng.choice(rows)
    row.is_withheld = True
    return f"{table}: gone: {in_short(row.values)}"


@step
def week_gone(history: History, rng: Random, arguments: list[str]) -> str | None:
    """All rows of a table of one week are gone."""
    table = arguments[0]
    start = monday((history.as_of_date or history.horizon) - timedelta(days=rng.choice((20, 90, 200))))
    rows = history.between(table, start, start + timedelta(days=6))
    for row in rows:
        row.is_withheld = True
    return f"{table}: the {len(rows)} rows of the week {start} are gone" if rows else None


@step
def back(history: History, rng: Random, arguments: list[str]) -> str | None:
    """What was gone or withheld of a table arrives (again), at once."""
    table = arguments[0] if arguments else rng.choice(sorted(history.rows))
    rows = [row for row in history.rows.get(table, []) if row.is_withheld]
    for row in rows:
        row.is_withheld = False
    return f"{table}: {len(rows)} rows arrived that were missing" if rows else None


@step
def orphaned(history: History, rng: Random, arguments: list[str]) -> str | None:
    """A parent vanishes and leaves its children; `back` lets it arrive."""
    table = arguments[0]
    known = [row for row in history.shown(table) if (day := history.day(table, row)) and day <= history.horizon]
    if len(known) < 2:
        return None
    row = rng.choice(known)
    row.is_withheld = True
    return f"{table}: a parent is gone: {in_short(row.values)}"


@step
def vanished(history: History, _: Random, arguments: list[str]) -> str | None:
    """A whole optional table is not delivered any more."""
    if arguments[0] in history.absent or arguments[0] not in history.rows:
        return None
    history.absent.add(arguments[0])
    return f"{arguments[0]} is no longer there"


@step
def appeared(history: History, _: Random, arguments: list[str]) -> str | None:
    if arguments[0] not in history.absent:
        return None
    history.absent.discard(arguments[0])
    return f"{arguments[0]} is there (again)"


@step
def emptied(history: History, _: Random, arguments: list[str]) -> str | None:
    """The table is there without a row."""
    rows = history.shown(arguments[0])
    for row in rows:
        row.is_withheld = True
    return f"{arguments[0]} is empty" if rows else None


@step
def repeated(history: History, rng: Random, arguments: list[str]) -> str | None:
    """An old key comes a second time: identical, or with another value, so that neither is accepted."""
    table, how = arguments
    rows = [row for row in history.shown(table) if (day := history.day(table, row)) is None or day <= history.horizon]
    if not rows:
        return None
    values = dict(rng.choice(rows).values)
    others = [column for column in TABLE_BY_NAME[table].columns if not column.is_key]
    if how == "differing":
        if not others:
            return None
        said = correct(history, rng, table, rng.choice(others).name, values)
        if said is None:
            return None
    history.rows[table].append(Row(values))
    return f"{table}: repeated ({how}): {in_short(values)}"


# --- rows that change ---


@step
def corrected(history: History, rng: Random, arguments: list[str]) -> str | None:
    """Another value in one column of one row."""
    table, _, name = arguments[0].partition(".")
    rows = [row for row in history.shown(table) if (day := history.day(table, row)) is None or day <= history.horizon]
    if not rows:
        return None
    names = [column.name for column in TABLE_BY_NAME[table].columns if column.name in rows[0].values]
    row = rng.choice(rows)
    before = in_short(row.values)
    said = correct(history, rng, table, name or rng.choice(names), row.values)
    return said and f"{table}: {said} in {before}"


def correct(history: History, rng: Random, table: str, name: str, values: TextRow) -> str | None:
    """Give the column another value, one that stands in other rows or a date nearby; null if there is none."""
    column = TABLE_BY_NAME[table].column(name)
    old = values.get(name)
    if column.kind in ("date", "timestamp"):
        if old is not None and column.is_optional and rng.random() < 0.4:
            new: str | None = None
        elif old is not None:
            new = shifted(table, column, old, timedelta(days=rng.choice(SHIFTS)))
        else:
            begins = day_of(table, BEGINS.get(table, name), values.get(BEGINS.get(table, name))) or history.horizon
            span = max(0, (history.horizon - begins).days)
            new = (begins + timedelta(days=rng.randint(0, span))).isoformat()
            new += "T12:00:00Z" if column.kind == "timestamp" else ""
    elif column.kind == "boolean":
        new = "false" if old == "true" else "true"
    else:
        others = sorted({row.values.get(name) or "" for row in history.rows[table]} - {old or ""})
        if not others:
            return None
        new = rng.choice(others) or None
    if new == old:
        return None
    values[name] = new
    return f"{name} {old} became {new}"


# --- what teams do ---


@step
def reassigned(history: History, rng: Random, arguments: list[str]) -> str | None:
    """An account has another owner since a day, so many days ago."""
    day = (history.as_of_date or history.horizon) - timedelta(days=int(arguments[0]))
    csms = [str(row.values["csm_id"]) for row in history.shown("csms")]
    open_rows = [
        row
        for row in history.between("account_assignments", date.min, day - timedelta(days=1))
        if (until := day_of("account_assignments", "unassigned_on", row.values.get("unassigned_on"))) is None
        or until > day
    ]
    if not open_rows or len(csms) < 2:
        return None
    row = rng.choice(open_rows)
    owner = rng.choice([csm_id for csm_id in csms if csm_id != row.values["csm_id"]])
    values = {**row.values, "assigned_on": day.isoformat(), "csm_id": owner}
    row.values["unassigned_on"] = day.isoformat()
    history.rows["account_assignments"].append(Row(values))
    return f"account {values['account_id']} went from {row.values['csm_id']} to {owner} on {day}"


@step
def hired(history: History, rng: Random, arguments: list[str]) -> str:
    """A CSM hired so many days ago comes on record."""
    day = (history.as_of_date or history.horizon) - timedelta(days=int(arguments[0]))
    model = rng.choice(history.shown("csms")).values
    new_id = f"csm{history.next_number()}"
    values = {**model, "csm_id": new_id, "hired_on": day.isoformat(), "left_on": None}
    history.rows["csms"].append(Row(values))
    return f"CSM {new_id} hired on {day}"


@step
def left(history: History, rng: Random, arguments: list[str]) -> str | None:
    """A CSM left so many days ago."""
    day = (history.as_of_date or history.horizon) - timedelta(days=int(arguments[0]))
    rows = [row for row in history.between("csms", date.min, day) if not row.values.get("left_on")]
    if not rows:
        return None
    row = rng.choice(rows)
    row.values["left_on"] = day.isoformat()
    return f"CSM {row.values['csm_id']} left on {day}"


@step
def won(history: History, rng: Random, arguments: list[str]) -> str:
    """A customer since so many days ago comes on record, with an owner and a contract."""
    day = (history.as_of_date or history.horizon) - timedelta(days=int(arguments[0]))
    new_id = f"account{history.next_number()}"
    account = {**rng.choice(history.shown("accounts")).values, "account_id": new_id, "churned_on": None}
    history.rows["accounts"].append(Row(account | {"customer_since": day.isoformat()}))
    for table, extra in (
        ("account_assignments", {"assigned_on": day.isoformat(), "unassigned_on": None}),
        (
            "subscriptions",
            {
                "subscription_id": f"sub-{new_id}",
                "starts_on": day.isoformat(),
                "ends_on": (day + timedelta(days=365)).isoformat(),
                "cancelled_on": None,
            },
        ),
    ):
        values = dict(rng.choice(history.shown(table)).values)
        known = {name: value for name, value in extra.items() if name in values}
        history.rows[table].append(Row(values | {"account_id": new_id} | known))
    return f"account {new_id} won on {day}"


@step
def bought_again(history: History, rng: Random, _: list[str]) -> str | None:
    """A line that was cancelled long ago is followed, from Monday on, by one to that day; at first one is cancelled."""
    soon = (history.horizon + timedelta(days=60)).isoformat()
    ending = [
        row for row in history.shown("subscriptions") if str(history.horizon) < (row.values["ends_on"] or "") < soon
    ]
    if not ending:
        return None
    cancelled = [row for row in ending if row.values.get("cancelled_on")]
    line = rng.choice(cancelled or ending)
    if not cancelled:
        line.values["cancelled_on"] = line.values["starts_on"]
        return f"{in_short(line.values)} is cancelled"
    starts_on = (history.horizon + timedelta(days=1)).isoformat()
    again = {"subscription_id": f"again{history.next_number()}", "starts_on": starts_on, "cancelled_on": None}
    history.rows["subscriptions"].append(Row(dict(line.values) | again))
    return f"{in_short(line.values)} was cancelled and is bought again on {starts_on}"


EARLY_TICKET = "escalated_early"


@step
def escalated_early(history: History, rng: Random, _: list[str]) -> str | None:
    """A ticket arrives that was escalated long before it was opened; once more corrects its account."""
    early = [row for row in history.shown("tickets") if row.values["ticket_id"] == EARLY_TICKET]
    opened_on = history.horizon - timedelta(days=10)
    escalated_on = history.horizon - timedelta(days=100)
    customers = [
        row.values["account_id"]
        for row in history.shown("accounts")
        if not row.values.get("churned_on") and (row.values["customer_since"] or "") < escalated_on.isoformat()
    ]
    if early:
        others = [account_id for account_id in customers if account_id != early[0].values["account_id"]]
        if not others:
            return None
        early[0].values["account_id"] = rng.choice(others)
        return f"the account of {in_short(early[0].values)} is corrected"
    if "tickets" not in history.rows or not customers:
        return None
    names = dict.fromkeys(
        history.columns.get("tickets") or [column.name for column in TABLE_BY_NAME["tickets"].columns]
    )
    ticket = names | {
        "ticket_id": EARLY_TICKET,
        "account_id": rng.choice(customers),
        "opened_at": f"{opened_on}T10:00:00Z",
        "priority": "high",
        "escalated_at": f"{escalated_on}T10:00:00Z",
    }
    history.rows["tickets"].append(Row({name: ticket[name] for name in names}))
    return f"{in_short(ticket)} was escalated on {escalated_on}"


# --- reference rows ---

TUNED = {
    "unmonitored_days": "20",
    "stakeholder_days": "30",
    "health_minimum_count": "2",
    "conversation_days": "60",
    "target_load_ratio": "0.5",
    "slope_weeks": "8",
    "episode_lapse_days": "60",
    "renewal_warn_share": "0.2",
    "fiscal_year_start_month": "2",
    "red_health_score": "60",
    "consecutive_weeks": "2",
    "standardisation_weeks": "8",
}


def own_project(directory: Path) -> Path:
    """A copy of the project whose reference rows may change."""
    root = directory / "project"
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "target", "logs", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, root, ignore=left_out)
    return root


@step
def reference(history: History, rng: Random, arguments: list[str]) -> str | None:
    """An analyst changes a reference row; once more changes it back."""
    if history.root == ROOT:
        raise ValueError("reference rows change in a copy of the project only: see own_project")
    table = arguments[0]
    path = history.root / "seeds" / "reference" / f"{table}.csv"
    rows = read_reference_rows(path)
    if table == "thresholds":
        name = arguments[1] if len(arguments) > 1 else rng.choice(sorted(TUNED))
        original = read_reference_rows(ROOT / "seeds" / "reference" / f"{table}.csv")
        standard = next(row["value"] for row in original if row["threshold"] == name)
        row = next(row for row in rows if row["threshold"] == name)
        row["value"] = TUNED[name] if row["value"] == standard else standard
        said = f"{name} = {row['value']}"
    elif table == "effort_weights":
        day = (history.as_of_date or history.horizon) - timedelta(days=int(arguments[1]))
        version = f"v{history.next_number()}0"
        if any(row["effective_from_date"] == day.isoformat() for row in rows):
            return None
        adopted = [
            row for row in rows if row["version"] == next(r["version"] for r in rows if r["status"] == "adopted")
        ]
        for row in adopted:
            weight = str(round(float(row["weight"]) * rng.choice((0.5, 1.25, 2)), 6))
            changed = {"version": version, "effective_from_date": day.isoformat(), "weight": weight}
            rows.append({**row, **changed, "lower": "", "upper": ""})
        said = f"{version} adopted from {day}"
    elif table == "interaction_types":
        row = rng.choice(rows)
        name = rng.choice(("counts_toward_ceiling", "is_meaningful"))
        row[name] = "false" if row[name] == "true" else "true"
        said = f"{row['interaction_type']}.{name} = {row[name]}"
    else:
        row = rng.choice(rows)
        row["touches_per_quarter"] = str(float(row["touches_per_quarter"]) * 2)
        said = f"{row['segment']} {row['touch_kind']}: {row['touches_per_quarter']} touches a quarter"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return f"reference {table}: {said}"


def read_reference_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- all of them ---

TABLES_WITH_DAYS = tuple(BEGINS)
TRAPS: tuple[str, ...] = (
    # what comes
    "weeks:1",
    "weeks:4",
    "same",
    "rewritten",
    *(f"late:{table}:{age}" for table in (*BEGINS, *DETAILS) for age in (20, 200)),
    *(f"late:{table}:first" for table in ("interactions", "health_scores", "product_usage", "tickets")),
    "hired:5",
    "hired:200",
    "won:3",
    "won:200",
    "bought_again",
    "escalated_early",
    # what goes
    *(f"deleted:{table}" for table in (*BEGINS, *DETAILS)),
    *(f"week_gone:{table}" for table in ("interactions", "health_scores", "product_usage", "tickets", "time_entries")),
    *(f"vanished:{table}" for table in OPTIONAL),
    *(f"emptied:{table}" for table in OPTIONAL),
    # what changes
    *(
        f"corrected:{table.name}.{column.name}"
        for table in TABLES
        for column in table.columns
        if column.name not in ("text", "account_name", "csm_name", "reason", "channel", "activity")
    ),
    "reassigned:3",
    "reassigned:20",
    "reassigned:200",
    "left:3",
    "left:100",
    *(f"orphaned:{table}" for table in PARENTS),
    *(f"repeated:{table.name}:{how}" for table in TABLES for how in ("identical", "differing")),
    # how it is measured
    "as_of:-1",
    "as_of:-10",
    "as_of:2",
    "as_of:derived",
    "full",
    *(f"reference:thresholds:{name}" for name in TUNED),
    "reference:effort_weights:10",
    "reference:effort_weights:150",
    "reference:interaction_types",
    "reference:touch_cadences",
)
# Back is only possible after something went: sequences draw it often, since it undoes each of the others.
UNDOING = (*(f"back:{table.name}" for table in TABLES), *(f"appeared:{table}" for table in OPTIONAL))


def draw(rng: Random, history: History) -> str:
    """The name of a step, each kind about as likely as the others."""
    kinds: dict[str, list[str]] = {}
    for name in (*TRAPS, *UNDOING):
        kinds.setdefault(name.split(":")[0], []).append(name)
    for gone, kind in ((history.absent, "appeared"), (withheld_tables(history), "back")):
        kinds[kind] = [f"{kind}:{table}" for table in sorted(gone)]
    often = ("weeks", "late", "corrected", "late", "corrected", "deleted", "back", "back", "weeks", "repeated")
    kind = rng.choice([kind for kind in (*kinds, *often) if kinds[kind]])
    name = rng.choice(kinds[kind])
    return f"killed:{name}" if kind not in ("same", "full") and rng.random() < 0.1 else name


def withheld_tables(history: History) -> set[str]:
    return {table for table, rows in history.rows.items() if any(row.is_withheld for row in rows)}


def late_columns() -> list[str]:
    """Columns that are written into a row that is there already."""
    return [f"{table}.{name}" for table, names in WRITTEN_LATER.items() for name in names]
