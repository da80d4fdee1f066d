"""What validation found: counts, failures, and the same as text for a terminal and as JSON for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["met", "not met", "not measured"]
SHOWN_WARNINGS = 12


@dataclass(frozen=True)
class Check:
    """One expectation on one table. `observed` is a share, a count or a look in words, never a raw value."""

    column: str | None
    words: str
    severity: str
    verdict: Verdict
    observed: str
    remedy: str


@dataclass(frozen=True)
class SuiteResult:
    """One suite. `note` says why nothing was checked (table not supplied) or what was left out; else empty."""

    suite: str
    table: str
    row_count: int | None
    note: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Failure:
    """An expectation that is not met, with its suite and table."""

    suite: str
    table: str
    check: Check

    @property
    def place(self) -> str:
        return f"{self.table}.{self.check.column}" if self.check.column else self.table


@dataclass(frozen=True)
class ValidationSummary:
    """One phase, `edge` or `marts`: `source` is where the data came from, `working_file` where rejected rows are."""

    phase: str
    source: str
    working_file: str
    suites: tuple[SuiteResult, ...] = field(default=())

    @property
    def counts(self) -> dict[Verdict, int]:
        """Expectations by verdict."""
        found: dict[Verdict, int] = {"met": 0, "not met": 0, "not measured": 0}
        for suite in self.suites:
            for check in suite.checks:
                found[check.verdict] += 1
        return found

    @property
    def failures(self) -> list[Failure]:
        """What is not met, critical first, then in the order of the suites."""
        return sorted(self._failures(), key=lambda failure: failure.check.severity != "critical")

    def _failures(self) -> Iterator[Failure]:
        for suite in self.suites:
            for check in suite.checks:
                if check.verdict == "not met":
                    yield Failure(suite.suite, suite.table, check)

    @property
    def is_stopping(self) -> bool:
        """Whether a critical expectation is not met."""
        return any(failure.check.severity == "critical" for failure in self.failures)

    def text(self) -> str:
        """For the terminal: what, where, what to do."""
        critical = [failure for failure in self.failures if failure.check.severity == "critical"]
        told = {failure.place for failure in critical}
        warnings = [failure for failure in self.failures if failure.place not in told]
        subject = "raw tables" if self.phase == "edge" else "marts"
        checked = sum(bool(suite.checks) for suite in self.suites)
        lines = []
        if critical:
            lines.append(f"The {subject} from {self.source} are not what they should be; nothing was published:")
            lines.extend(line for failure in critical for line in failure_lines(failure, "stops "))
            if self.phase == "edge":
                lines.append(f"Every row at fault is listed in marts.rejected_rows of {self.working_file}.")
        else:
            lines.append(
                f"{subject}: {self.counts['met']} expectations met on {checked} tables"
                + (f", {len(warnings)} not met:" if warnings else "")
            )
        lines.extend(line for failure in warnings[:SHOWN_WARNINGS] for line in failure_lines(failure, "warning"))
        if len(warnings) > SHOWN_WARNINGS:
            lines.append(f"  ... and {len(warnings) - SHOWN_WARNINGS} more warnings in validation.html")
        return "\n".join(lines)

    def write(self, file: Path) -> None:
        """Write the summary as JSON, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")
        draft.replace(file)


def failure_lines(failure: Failure, label: str) -> list[str]:
    """One failure in two lines."""
    return [
        f"  {label}  {failure.place}: expected that {failure.check.words}; observed {failure.check.observed}",
        f"           {failure.check.remedy}",
    ]


def read_summary(file: Path) -> ValidationSummary:
    """A summary as `ValidationSummary.write` left it.

    Raises:
        FileNotFoundError: if there is none.
    """
    written: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    suites = tuple(
        SuiteResult(**{**suite, "checks": tuple(Check(**check) for check in suite["checks"])})
        for suite in written.pop("suites")
    )
    return ValidationSummary(**written, suites=suites)
