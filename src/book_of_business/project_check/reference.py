"""Thresholds: used as they are called, and each with its reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from book_of_business.project_check.project import Problem, Project

THRESHOLDS = "seeds/reference/thresholds.csv"
USED = re.compile(r"\bthreshold\(\s*['\"](\w+)['\"]\s*\)|\brenewal_flag\(\s*'\w+'\s*,\s*'(\w+)'\s*\)")


def thresholds(project: Project) -> Iterator[Problem]:
    """A name that thresholds.csv lacks gives null, and every comparison with null is silently false."""
    if THRESHOLDS not in project.files:
        yield Problem(THRESHOLDS, "it is missing", "restore it: every constant of a rule is a row of it")
        return
    rows = list(csv.DictReader(io.StringIO(project.read(THRESHOLDS))))
    known = {row.get("threshold") for row in rows}
    for file in project.sql_files("models/", "macros/", "tests/dbt/", "analyses/"):
        for match in USED.finditer(file.code):
            name = match.group(1) or match.group(2)
            if name not in known:
                what = f"line {file.line_of(match.start())} uses the threshold {name}, which {THRESHOLDS} lacks"
                yield Problem(file.path, what, "add the row, or mend the name")
    for number, row in enumerate(rows, start=2):
        yield from faults_of_row(number, row)


def faults_of_row(number: int, row: dict[str, str]) -> Iterator[Problem]:
    """One row of thresholds.csv: a plain name, a number, a unit, a reason."""
    name = row.get("threshold") or ""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name):
        yield Problem(THRESHOLDS, f"line {number}: {name!r} is not a name like_this", "use words and underscores")
    try:
        float(row.get("value") or "")
    except ValueError:
        yield Problem(THRESHOLDS, f"line {number}: the value of {name} is not a number", "write one")
    for column in ("unit", "rationale"):
        if not (row.get(column) or "").strip():
            yield Problem(THRESHOLDS, f"line {number}: {name} has no {column}", "say it: a reviewer will ask")
