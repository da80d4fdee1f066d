"""The edge suites, made from the raw contract: what can be wrong with a whole table when each row may be right.

The rules for single rows are dbt's (staging, `rejected_rows`). Here are shares, volumes and looks. Only `csms` and
`accounts` have critical expectations, which a wholly wrong export fails and a book with a few bad rows does not.
`python -m book_of_business.validation suites` writes the files; a test holds that they are in step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from book_of_business.receiving.contract import RawColumn, RawTable, read_contract
from book_of_business.receiving.forms import MOST_SHARE

STOPPING_TABLES = ("csms", "accounts")
CRITICAL_USABLE_SHARE = 0.05
USUAL_SHARE = 0.95
# Below this many values a share says little about a table.
MINIMUM_COUNT = 20
# Nobody flagged a risk or was away: a good quarter and no broken export.
MAY_BE_EMPTY = {"risk_flags", "csm_absences"}
# A supplied optional column with less than this is as good as not supplied, and nobody would notice.
FILLED_SHARE = 0.01
# What hardly any measure can do without once it is supplied.
TELLING_SHARES = {
    ("interactions", "account_id"): 0.2,
    ("interactions", "duration_minutes"): 0.5,
    ("time_entries", "account_id"): 0.2,
    ("opportunities", "account_id"): 0.1,
    ("subscriptions", "ends_on"): 0.1,
}
# Ends that most rows have not come to, and what the row begins with. Filled almost everywhere, they may be true all the
# same (a list of those who left), or another date exported under their name: one still to come, that of the beginning,
# or the day of an import.
RARE_ENDS = {
    "left_on": ("hired_on", "added_on"),
    "churned_on": ("customer_since",),
    "cancelled_on": ("starts_on",),
    "escalated_at": ("opened_at",),
}
NO_END_SHARE = 0.5
# More rows than any company has: another list was exported.
PLAUSIBLE_ROW_COUNTS = {"csms": 20_000, "accounts": 50_000_000}
# What has happened cannot lie far behind the latest completed interaction, except for a few typing errors.
HAPPENED = {
    "hired_on",
    "customer_since",
    "assigned_on",
    "entered_on",
    "added_on",
    "created_on",
    "scored_on",
    "raised_at",
    "surveyed_on",
    "used_on",
    "opened_at",
    "created_at",
    "worked_on",
    "renewed_on",
    "responded_on",
}
# Dates before the earliest are a spreadsheet's or a system's zero; the latest is that of contracts without end.
EARLIEST_DATE, LATEST_DATE = "1980-01-01", "9999-12-31"
OUTSIDE_SHARE = 0.05
# Numbers and dates that are the same everywhere were filled in by a system.
VARIED = {
    "customer_since",
    "arr_usd",
    "duration_minutes",
    "sentiment_score",
    "quality_score",
    "health_score",
    "perceived_load",
    "minutes",
    "active_users",
    "amount_usd",
    "score",
    "started_at",
    "worked_on",
    "used_on",
}
VARIED_MINIMUM_COUNT = 50

# Optional columns that are empty in many a sane book.
OFTEN_EMPTY = {"unassigned_on", "resolved_at", "absent_fte", "reason"}

FORM_WORDS = {
    "varchar": "text",
    "date": "a date, YYYY-MM-DD",
    "timestamp": "a timestamp, ISO 8601",
    "double": "a number with a decimal point, without unit or thousands separator",
    "bigint": "a whole number",
    "boolean": "true or false",
}
FORM_REMEDIES = {
    "varchar": "fill the column, or map another one to it",
    "date": "write dates as YYYY-MM-DD (31 March 2026 is 2026-03-31), or map another column to it",
    "timestamp": "write timestamps as 2026-03-31T14:05:00Z, or map another column to it",
    "double": "write 1234.5, not 1,234.5 or $1234.50, or map another column to it",
    "bigint": "write whole numbers without separators, or map another column to it",
    "boolean": "write true or false, yes or no, 1 or 0",
}


def percent(share: float) -> str:
    """A share in words: 0.05 is `5 %`."""
    return f"{share * 100:g} %"


def expectation(kind: str, severity: str, words: str, remedy: str, **kwargs: Any) -> dict[str, Any]:
    """One expectation as it stands in a suite."""
    return {"type": kind, "kwargs": kwargs, "severity": severity, "description": words, "meta": {"remedy": remedy}}


def share(
    column: RawColumn, measure: str, words: str, remedy: str, *, severity: str = "warning", **kwargs: Any
) -> dict[str, Any]:
    """An expectation on the share of a column's values of which a measure is true."""
    return expectation(
        "expect_column_share_to_be_between", severity, words, remedy, column=column.name, measure=measure, **kwargs
    )


def table_expectations(table: RawTable) -> list[dict[str, Any]]:
    """What is expected of a table as a whole."""
    severity = "critical" if table.name in STOPPING_TABLES else "warning"
    remedy = "export the rows as well as the header" if table.is_required else "export its rows, or leave the table out"
    kind = "expect_table_row_count_to_be_between"
    found = []
    if table.name not in MAY_BE_EMPTY:
        found.append(expectation(kind, severity, "the table has at least one row", remedy, min_value=1))
    if table.name in PLAUSIBLE_ROW_COUNTS:
        most = PLAUSIBLE_ROW_COUNTS[table.name]
        words = f"the table has at most {most:,} rows"
        remedy = "check that it is the list it should be, and not a longer one"
        found.append(expectation(kind, "warning", words, remedy, max_value=most))
    return found


def value_expectations(table: RawTable, column: RawColumn) -> list[dict[str, Any]]:
    """How many values there are, and how many keep their form."""
    form, remedy, kind = FORM_WORDS[column.data_type], FORM_REMEDIES[column.data_type], column.data_type
    found = []
    if column.accepted_values:
        told = ", ".join(column.accepted_values)
        words = f"at least {percent(USUAL_SHARE)} of the filled values are {told}"
        # as staging reads them: in any case, with blanks or hyphens, and in American spelling
        argument = "|".join(
            (*column.accepted_values, *(("canceled",) if "cancelled" in column.accepted_values else ()))
        )
        to_do = f"write one of {told}: map the words of your system to these"
        found.append(share(column, "allowed", words, to_do, argument=argument, min_value=USUAL_SHARE))
    if not column.is_optional:
        if table.name in STOPPING_TABLES:
            least = CRITICAL_USABLE_SHARE
            words = f"at least {percent(least)} of the rows have a usable value ({form})"
            found.append(share(column, "usable", words, remedy, severity="critical", argument=kind, min_value=least))
        words = f"at least {percent(USUAL_SHARE)} of the rows have a usable value ({form})"
        found.append(share(column, "usable", words, remedy, argument=kind, min_value=USUAL_SHARE))
        return found
    if kind != "varchar":
        words = f"at least {percent(USUAL_SHARE)} of the filled values are {form}"
        found.append(share(column, "form", words, remedy, argument=kind, min_value=USUAL_SHARE))
    if column.name in RARE_ENDS:
        names = {other.name for other in table.columns}
        begins = next(name for name in RARE_ENDS[column.name] if name in names)
        words = (
            f"where more than {percent(MOST_SHARE)} of the rows have an end, at most {percent(NO_END_SHARE)} of the"
            f" ends lie after the latest completed interaction, equal {begins} or are of one day"
        )
        remedy = "check that it is not another date, such as the next renewal; leave it empty where nothing has ended"
        bounds = {"argument": {"$PARAMETER": "happened_between"}, "beside": begins, "minimum_count": MINIMUM_COUNT}
        found.append(share(column, "no_end", words, remedy, max_value=NO_END_SHARE, **bounds))
    elif (table.name, column.name) in TELLING_SHARES:
        least = TELLING_SHARES[table.name, column.name]
        words = f"at least {percent(least)} of the rows have a value"
        remedy = FORM_REMEDIES["varchar"]
        found.append(share(column, "filled", words, remedy, min_value=least, minimum_count=MINIMUM_COUNT))
    elif column.name not in OFTEN_EMPTY and not column.is_free_text:
        words = f"at least {percent(FILLED_SHARE)} of the rows have a value, as the column was supplied"
        remedy = "fill the column, or leave it out"
        found.append(share(column, "filled", words, remedy, min_value=FILLED_SHARE, minimum_count=MINIMUM_COUNT))
    return found


def look_expectations(table: RawTable, column: RawColumn) -> list[dict[str, Any]]:
    """Ids, texts, dates and numbers that a system on the way has changed or made up."""
    found = []
    # An id that was altered where it is made is altered in most tables that carry it: said once is enough.
    if column.is_id and (table.is_required or not column.parent):
        words = "no id has white space around it or was rewritten by a spreadsheet (1.2E+11, #N/A)"
        remedy = "export straight from the system and trim the ids in every table: an id with a blank is another id"
        found.append(share(column, "altered", words, remedy, max_value=0))
    if column.is_free_text and column.name != "text":
        remedy = "export as UTF-8: the text was read in another encoding on its way"
        found.append(share(column, "damaged", "no text has characters of a wrong encoding", remedy, max_value=0))
    if column.name in HAPPENED:
        most, late = percent(OUTSIDE_SHARE), "after the latest completed interaction and AS_OF_DATE"
        words = f"at most {most} of the dates lie before {EARLIEST_DATE} or {late}"
        remedy = "check the date format, and that interactions were exported to the same day: later rows are ignored"
        bounds = {"argument": {"$PARAMETER": "happened_between"}, "minimum_count": MINIMUM_COUNT}
        found.append(share(column, "outside", words, remedy, max_value=OUTSIDE_SHARE, **bounds))
    elif column.data_type in ("date", "timestamp"):
        words = f"at most {percent(OUTSIDE_SHARE)} of the dates lie before {EARLIEST_DATE}"
        remedy = "leave unknown dates empty: 1900-01-01 and 1970-01-01 are a system's zero"
        bounds = {"argument": f"{EARLIEST_DATE}/{LATEST_DATE}", "minimum_count": MINIMUM_COUNT}
        found.append(share(column, "outside", words, remedy, max_value=OUTSIDE_SHARE, **bounds))
    if column.name in VARIED:
        words = "the values are not all the same"
        remedy = "check that it is the event's own value and not a default, or the day of an import"
        found.append(share(column, "constant", words, remedy, max_value=0, minimum_count=VARIED_MINIMUM_COUNT))
    return found


def edge_suite(table: RawTable) -> dict[str, Any]:
    """The suite of one raw table, as Great Expectations reads it, without ids, which would change on every write."""
    expectations = table_expectations(table)
    for column in table.columns:
        expectations.extend(value_expectations(table, column))
        expectations.extend(look_expectations(table, column))
    return {
        "name": f"edge_{table.name}",
        "meta": {"phase": "edge", "table": table.name, "made_by": "python -m book_of_business.validation suites"},
        "expectations": expectations,
    }


def as_text(suite: dict[str, Any]) -> str:
    """A suite as its file has it."""
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"


def write_edge_suites(project_dir: Path) -> list[Path]:
    """Write one suite per raw table to expectations/suites; returns the files."""
    folder = project_dir / "expectations" / "suites"
    files = []
    for table in read_contract(project_dir):
        suite = edge_suite(table)
        file = folder / f"{suite['name']}.json"
        file.write_text(as_text(suite), encoding="utf-8")
        files.append(file)
    return files
