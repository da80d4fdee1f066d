"""Check the week from which a build begins again, step by step, with one build a step and no increment at all.

In a copy of the project in which no model keeps anything, each build is right, and still says from which week (R) it
would have begun again. Rows of weeks before R must then be those of the build before: whatever differs, R is too late.
`python -m tests.increments.shadow`, with SEED, STEPS, KIND, FORM and NAMES as for the sequences.
"""

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import duckdb

from tests.increments.canary import NOT_CAUSAL
from tests.increments.causality import SPAN_ENDS, dated_by
from tests.increments.compare import Difference, compare_files
from tests.increments.history import draw
from tests.increments.sequences import FORMS, Player, begun, withhold_some

# Filled in or marked later, and rightly so: what reads them does not keep weeks.
FILLED_IN_LATER = {
    "fct_risk_episodes",
    "int_accounts__touched",
    "int_csms__grouped",
    "int_participants__seen",
    "int_products__discussed",
    "int_risk_episodes__ended",
    "int_risk_signals__aware",
    "int_risk_signals__joined",
}


def without_increments(root: Path) -> None:
    """Let no model keep anything."""
    for path in (root / "models").rglob("*.sql"):
        sql = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\{\{-? *keeps_earlier_(weeks|spans)\([^}]*\}\}\n?", "", sql), encoding="utf-8")
    macros = root / "macros" / "increments.sql"
    sql = macros.read_text(encoding="utf-8")
    never = "{% macro rebuild_date() %}{{ return(the_beginning()) }}{% endmacro %}"
    macros.write_text(re.sub(r"\{% macro rebuild_date\(\) %\}.*?\{% endmacro %\}", never, sql, flags=re.DOTALL))


def rebuild_from(working: Path) -> tuple[date, str]:
    """R and its reason, as the build decided."""
    with duckdb.connect(str(working), read_only=True) as connection:
        [(day, reason)] = connection.execute("select rebuild_from, reason from raw.rebuild").fetchall()
        return day, reason


def kept_rows_that_changed(before: Path, after: Path, first_rebuilt: date) -> list[Difference]:
    """Rows of weeks before R that are not as they were."""

    def condition(table: str, columns: dict[str, str]) -> str | None:
        name = dated_by(columns)
        is_kept = name and table not in NOT_CAUSAL and table not in FILLED_IN_LATER
        return f"\"{name}\" < timestamp '{first_rebuilt}'" if is_kept else None

    return [
        difference
        for schema in ("marts", "intermediate")
        for difference in compare_files(before, after, schema, condition, SPAN_ENDS)
    ]


def main() -> int:
    """Play STEPS steps (or NAMES) from each of BOOKS seeds; 1 if R was too late anywhere."""
    seed, books = int(os.environ.get("SEED", "1")), int(os.environ.get("BOOKS", "1"))
    names = os.environ.get("NAMES", "").split()
    failed: Counter[str] = Counter()
    for number in range(seed, seed + books):
        kind = os.environ.get("KIND") or ("simulated", "random")[number % 2]
        form = os.environ.get("FORM") or FORMS[number // 2 % len(FORMS)]
        directory = Path(tempfile.mkdtemp(prefix=f"shadow-{number}-"))
        history = begun(directory, kind, number)
        without_increments(history.root)
        rng = Random(f"{kind} {number}")
        if not names:
            withhold_some(history, rng)
        player = Player(history, directory, form, f"{kind} {number}")
        steps = names or [""] * int(os.environ.get("STEPS", "10"))
        before = directory / "before" / "working.duckdb"
        before.parent.mkdir()
        for name in ["begin", *steps]:
            built = player.step(name or draw(rng, history).removeprefix("killed:"))
            if built is None:
                continue
            said = player.played.steps[-1]
            if built.exit_code:
                print(f"SEED={number} {said}\n{built.log}", flush=True)
                break
            day, reason = rebuild_from(built.working)
            print(f"SEED={number} {said}\n    R = {day}: {reason}", flush=True)
            if before.exists():
                for difference in kept_rows_that_changed(before, built.working, day):
                    failed[said.split(":")[0]] += 1
                    print(f"    TOO LATE {difference}", flush=True)
            shutil.copy(built.working, before)
        shutil.rmtree(directory)
    print(f"too late: {dict(failed)}" if failed else "R was early enough")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
