"""The files of a proposal, written beside and put in place whole."""

from __future__ import annotations

import html
import json
import os
import resource
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from book_of_business.questions.catalogue import as_csv
from book_of_business.rebalancing.proposal import Proposal
from book_of_business.rebalancing.rules import Rules


def write(
    folder: Path, tables: Mapping[str, pl.DataFrame], summary: Mapping[str, object], pages: Mapping[str, str]
) -> None:
    """Write tables as CSV and Parquet, the summary and pages, and replace what was there before.

    A killed run leaves the last proposal as it was.
    """
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, table in tables.items():
        table.write_parquet(draft / f"{name}.parquet")
        (draft / f"{name}.csv").write_text(as_csv(table), encoding="utf-8")
    (draft / "summary.json").write_text(json.dumps(summary, indent=2, default=str) + "\n", encoding="utf-8")
    for name, page in pages.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def summary_of(proposal: Proposal, rules: Rules, seconds: float, what_if: list[str], policy: str) -> dict[str, object]:
    """What summary.json says."""
    import highspy

    classes = dict(proposal.moves.group_by("relationship_class").len().iter_rows())
    return {
        "as_of_date": str(proposal.situation.as_of_date),
        "build_id": proposal.situation.build_id,
        "rules_fingerprint": rules.fingerprint,
        "policy": policy,
        "what_if": what_if,
        "objective": round(proposal.objective, 6),
        "objective_before": round(sum(pod.cost(pod.owner) for pod in proposal.pods), 6),
        "bound": round(proposal.bound, 6),
        "gap": round(proposal.gap, 6),
        "move_count": proposal.moves.height,
        "move_count_by_class": {name: classes.get(name, 0) for name in ("new", "at_risk_not_engaged", "established")},
        "moved_arr_usd": round(float(proposal.moves["arr_usd"].sum()), 2),
        "revenue_at_risk_usd": round(float(proposal.moves["arr_usd"].sum()) * rules.values["revenue_at_risk_share"], 2),
        "missed_limit_count": proposal.missed_limits.height,
        "seconds": round(seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "solver": "HiGHS",
        "solver_version": highspy.Highs().version(),
        "seed": 20260628,
    }


def text(value: object) -> str:
    """A value as HTML text."""
    return html.escape("" if value is None else str(value))
