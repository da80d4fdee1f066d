"""What proposals of weights and of ceilings share: names of versions, run ids, and whether a field was edited."""

from __future__ import annotations

import datetime
import hashlib
import math
import re
from collections.abc import Sequence

SAME = 0.002  # relative: a fit on another machine ends there, and nobody edits a figure by so little
RUN_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-[0-9a-f]{12}", re.ASCII)


def versions(rows: Sequence[dict[str, str]]) -> list[str]:
    """The versions there are, v9 before v10."""
    found = {row["version"] for row in rows}
    return sorted(found, key=lambda version: (len(version), version))


def next_version(rows: Sequence[dict[str, str]], letter: str) -> str:
    """The letter with the number after the highest there is: v3 after v1 and v2."""
    pattern = re.compile(rf"{letter}(\d{{1,9}})", re.ASCII)
    numbers = [int(found[1]) for version in versions(rows) if (found := pattern.fullmatch(version))]
    return f"{letter}{max(numbers, default=0) + 1}"


def run_id(last_week: datetime.date, text: str) -> str:
    """The last week and a short hash of all that a proposal follows from: the same proposal has the same id."""
    return f"{last_week:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def last_week_of(known: str) -> datetime.date | None:
    """The last week in a run id; null: it is none of ours."""
    written = RUN_ID.fullmatch(known)
    try:
        return datetime.date(*map(int, written.groups())) if written else None
    except ValueError:
        return None


def is_same(written: str | None, expected: str) -> bool:
    """Whether a field is as it was written; numbers may differ in digits that depend on the machine."""
    try:
        return math.isclose(float(written or ""), float(expected), rel_tol=SAME)
    except ValueError:
        return written == expected
