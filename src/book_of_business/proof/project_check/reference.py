"""Thresholds and rules of risk signals: used as they are called, and each with its reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from book_of_business.proof.project_check.project import Problem, Project

THRESHOLDS = "seeds/reference/thresholds.csv"
USED = re.compile(r"\bthreshold\(\s*['\"](\w+)['\"]\s*\)|\brenewal_flag\(\s*'\w+'\s*,\s*'(\w+)'\s*\)")

SIGNAL_RULES = "seeds/reference/risk_signal_rules.csv"
RULE_USED = re.compile(r"\bsignal_rule\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
OF_EVERY_SIGNAL = ("severity", "intervention_window_days")
NAME = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"


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
        name = row.get("threshold") or ""
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name):
            yield Problem(THRESHOLDS, f"line {number}: {name!r} is not a name like_this", "use words and underscores")
        yield from faults_of_value(THRESHOLDS, number, name, row)


def signal_rules(project: Project) -> Iterator[Problem]:
    """The same for risk_signal_rules.csv; and each signal is graded and has its window."""
    if SIGNAL_RULES not in project.files:
        yield Problem(SIGNAL_RULES, "it is missing", "restore it: every constant of a risk signal is a row of it")
        return
    rows = list(csv.DictReader(io.StringIO(project.read(SIGNAL_RULES))))
    known = {(row.get("signal_type"), row.get("parameter")) for row in rows}
    used = set()
    for file in project.sql_files("models/", "macros/", "tests/dbt/", "analyses/"):
        for match in RULE_USED.finditer(file.code):
            used.add(match.groups())
            if match.groups() not in known:
                name = " ".join(match.groups())
                what = f"line {file.line_of(match.start())} uses the signal rule {name}, which {SIGNAL_RULES} lacks"
                yield Problem(file.path, what, "add the row, or mend the name")
    for signal in sorted({str(signal) for signal, _ in known}):
        for parameter in OF_EVERY_SIGNAL:
            if (signal, parameter) not in known:
                yield Problem(SIGNAL_RULES, f"{signal} has no {parameter}", "add the row: every signal needs it")
    for number, row in enumerate(rows, start=2):
        signal, parameter = row.get("signal_type") or "", row.get("parameter") or ""
        for name in (signal, parameter):
            if not re.fullmatch(NAME, name):
                what = f"line {number}: {name!r} is not a name like_this"
                yield Problem(SIGNAL_RULES, what, "use words and underscores")
        if (signal, parameter) not in used and parameter not in OF_EVERY_SIGNAL:
            what = f"line {number}: no SQL uses {signal} {parameter}"
            yield Problem(SIGNAL_RULES, what, "delete it: whoever tunes it would wait for nothing")
        yield from faults_of_value(SIGNAL_RULES, number, f"{signal} {parameter}", row)


def faults_of_value(path: str, number: int, name: str, row: dict[str, str]) -> Iterator[Problem]:
    """One row of constants: a number, a unit, a reason."""
    try:
        float(row.get("value") or "")
    except ValueError:
        yield Problem(path, f"line {number}: the value of {name} is not a number", "write one")
    for column in ("unit", "rationale"):
        if not (row.get(column) or "").strip():
            yield Problem(path, f"line {number}: {name} has no {column}", "say it: a reviewer will ask")
