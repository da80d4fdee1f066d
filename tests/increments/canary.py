"""A project whose every weekly model keeps its earlier weeks: proves the week from which a build begins again.

Models that compute all weeks, and keep those before R from the build before, are right exactly if R is early enough
and the model says nothing of a week that a later one changes. No lookback and no carried state can hide a late R.
"""

import re
from pathlib import Path

# Rows of a week may change with what becomes known later, or appear in weeks before it (see causality.py).
NOT_CAUSAL = {
    "dim_weeks",
    "int_weeks",
    "int_raw_weeks",
    "int_rebuild",
    "int_books__surveyed",
    "int_books__retained",
    "int_risk_episodes__followed",
}
LAST_LINE = re.compile(r"\nselect \* from final\s*$")


def make_incremental(root: Path, column: str = "week_start_date") -> list[str]:
    """Let every causal weekly table of the project keep its earlier weeks; their names."""
    changed = []
    for path in sorted((root / "models").rglob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        is_weekly = column in first_line(sql) and f"{column}" in sql
        is_own = "keeps_earlier_" in sql or "config(" in sql
        if path.stem in NOT_CAUSAL or is_own or not is_weekly or not LAST_LINE.search(sql) or "staging" in path.parts:
            continue
        kept = f"\nselect * from final where final.{column} >= {{{{ rebuild_from() }}}}\n"
        sql = f"{{{{ keeps_earlier_weeks('{column}') }}}}\n" + LAST_LINE.sub(lambda _, kept=kept: kept, sql)
        path.write_text(sql, encoding="utf-8")
        changed.append(path.stem)
    return changed


def first_line(sql: str) -> str:
    """The grain: what one row is."""
    lines = sql.splitlines()
    grain = [line for line in lines[:4] if line.startswith("--")]
    return " ".join(grain).split("Why:")[0]
