"""What exports do to a table that holds the same: plain forms of values, labels for names, columns of their own."""

from __future__ import annotations

from random import Random

from .raw_forms import DATE, NULL_WORDS, WHOLE, enumeration_word, folded_name, parse
from .raw_tables import Column, Table

TextRow = dict[str, str | None]
PLAIN_COLUMN_CHANCE = 0.12
PLAIN_VALUE_CHANCE = 0.6
LABELLED_TABLE_CHANCE = 0.15
EXTRA_COLUMNS = ("zz_extra", "Owner e-mail", "x", "ARR (EUR) last year")
BOOLEANS = {
    "true": ("TRUE", "True", "t", "T", "yes", "Yes", "YES", "y", "1", "1.0"),
    "false": ("FALSE", "False", "f", "F", "no", "No", "NO", "n", "0", "0.0"),
}
MIDNIGHTS = ("T00:00:00", " 00:00:00", "T00:00:00Z", " 00:00:00.000", "T00:00:00+00:00")


def is_date(value: str) -> bool:
    try:
        parse("date", value)
    except ValueError:
        return False
    return DATE.fullmatch(value) is not None


def plain_form(rng: Random, column: Column, value: str | None, words: set[str] | None) -> str | None:
    """The value in a form of its own, the value itself where it has none."""
    if value is None:
        word = rng.choice(NULL_WORDS)
        return rng.choice((word, word.upper(), "N/A", "NULL", "-")) if column.is_typed else None
    if column.kind == "boolean" and value in BOOLEANS:
        return rng.choice(BOOLEANS[value])
    if column.kind == "count" and WHOLE.fullmatch(value):
        return value + rng.choice((".0", ".0", ".00"))
    if column.kind == "date" and is_date(value):
        return value + rng.choice(MIDNIGHTS)
    if words is not None and value in words:
        forms = [value.upper(), value.title(), value.replace("_", " "), value.replace("_", "-").capitalize()]
        if value == "cancelled":
            forms += ["canceled", "Canceled"]
        form = rng.choice(forms)
        return form if enumeration_word(form, words) == value else value
    return value


def plain_rows(rng: Random, table: Table, rows: list[TextRow], words: dict[str, set[str] | None]) -> list[TextRow]:
    """The rows with some columns in plain forms: a value of a column has one form throughout."""
    forms: dict[str, dict[str | None, str | None]] = {}
    for column in table.columns:
        if not column.is_typed or rng.random() >= PLAIN_COLUMN_CHANCE:
            continue
        found = forms[column.name] = {}
        for row in rows:
            value = row[column.name]
            if value not in found:
                is_plain = rng.random() < PLAIN_VALUE_CHANCE
                found[value] = plain_form(rng, column, value, words[column.name]) if is_plain else value
    return [{name: forms.get(name, {}).get(value, value) for name, value in row.items()} for row in rows]


def label(rng: Random, name: str) -> str:
    """The name as a report would head its column."""
    parts = name.split("_")
    title = " ".join(part.capitalize() for part in parts)
    camel = parts[0] + "".join(part.capitalize() for part in parts[1:])
    found: str = rng.choice((title, camel, name.upper(), "-".join(parts), title.replace(" ", "_"), title + "?"))
    return found


def labels_of(rng: Random, table: Table) -> dict[str, str]:
    """Labels by the contract's names: mostly none."""
    if rng.random() >= LABELLED_TABLE_CHANCE:
        return {}
    return {column.name: label(rng, column.name) for column in table.columns if rng.random() < 0.7}


def extra_columns(rng: Random, table: Table) -> list[str]:
    """Columns that nobody reads, whose values differ in every row."""
    taken = {folded_name(column.name) for column in table.columns}
    names = [name for name in EXTRA_COLUMNS if folded_name(name) not in taken]
    return rng.sample(names, rng.choice((0, 0, 0, 0, 1, 2)))


# --- scales ----------------------------------------------------------------------------------

# One in ten above the limit is read as another scale: table, column, limit, a sound value, the column of books.
SCALED = (
    ("interactions", "sentiment_score", 1, "0.5", "csm_id"),
    ("interactions", "quality_score", 100, "80", "csm_id"),
    ("interactions", "duration_minutes", 720, "60", "csm_id"),
    ("health_scores", "health_score", 100, "70", None),
    ("effort_surveys", "perceived_load", 10, "5", None),
    ("survey_responses", "score", 5, "4", "survey"),
    ("time_entries", "minutes", 1440, "60", "csm_id"),
)
EXCESS_SHARE = 0.09


def as_number(value: str | None) -> float | None:
    try:
        return parse("number", value) if value is not None else None  # type: ignore[no-any-return]
    except ValueError:
        return None


def keep_scales(tables: dict[str, list[TextRow]]) -> None:
    """Values above the limit stay faults of single rows: fewer than one in ten of a column or book."""
    for table, column, limit, sound, by in SCALED:
        groups: dict[str | None, list[TextRow]] = {}
        for row in tables[table]:
            groups.setdefault(row[by] if by else None, []).append(row)
        for group, rows in groups.items():
            highest = 10 if group == "nps" else limit
            values = [(row, as_number(row[column])) for row in rows]
            above = [row for row, value in values if value is not None and value > highest]
            count = sum(value is not None for _, value in values)
            for row in above[int(EXCESS_SHARE * count) :]:
                row[column] = sound
