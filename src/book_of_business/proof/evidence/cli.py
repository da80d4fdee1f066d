"""Command line: `python -m book_of_business.evidence [--claims a b] [--replicates N] [--seed S] [--judge]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.proof.evidence import claims, notes, page, runner
from book_of_business.settings import project_dir

FIRST_SEED = 2001  # those from 1001 were looked at while methods and limits were chosen


def main(arguments: list[str] | None = None) -> int:
    """Run the claims and write the page; 1 with a message when a replicate fails."""
    parser = argparse.ArgumentParser(prog="python -m book_of_business.evidence", description=__doc__)
    parser.add_argument("--claims", nargs="+", metavar="NAME", help="only these (default: all)")
    parser.add_argument("--replicates", type=int, metavar="N", help="per claim (default: the full count of each)")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first seed (default: %(default)s)")
    parser.add_argument("--judge", action="store_true", help="judge the replicates that are there, and make none")
    parser.add_argument("--work", type=Path, default=project_dir() / "build" / "evidence", metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: docs/evidence/statistics.md, "
                        "and only on the screen where claims or replicates are chosen)")  # fmt: skip
    chosen = parser.parse_args(arguments)
    if chosen.replicates is not None and chosen.replicates < 1:
        parser.error("--replicates must be at least 1")
    try:
        outcomes = runner.prove(
            claims.chosen(chosen.claims), chosen.work, chosen.seed, chosen.replicates, is_judged_only=chosen.judge
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    command = f"python -m book_of_business.evidence --seed {chosen.seed}"
    text = page.page(outcomes, command, notes.all_notes())
    is_whole = chosen.claims is None and chosen.replicates is None
    out = chosen.out or (project_dir() / "docs/evidence/statistics.md" if is_whole else None)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        print(out)
    else:
        print(text)
    return 0
