"""Command line: `python -m book_of_business.risk_evidence [--work DIR] [--out FILE] [--seeds 201 202 203]`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import polars as pl

from book_of_business.errors import UserError
from book_of_business.proof.risk_evidence import planted, report, worlds
from book_of_business.settings import project_dir

CASES = ((20.0, 0.0), (60.0, 0.0), (60.0, 0.3))  # mean wait in days, share that would churn within 90 days
PLANTED_EPISODES = 6000


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the page; 1 with a message when a step fails."""
    parser = argparse.ArgumentParser(prog="python -m book_of_business.risk_evidence", description=__doc__)
    parser.add_argument("--work", type=Path, default=project_dir() / "build" / "risk_evidence", metavar="DIR")
    parser.add_argument("--out", type=Path, default=project_dir() / "docs/evidence/risk_signals.md", metavar="FILE")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(worlds.SEEDS))
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    chosen.work.mkdir(parents=True, exist_ok=True)
    frames, steps, waits = [], [], []
    try:
        for number, (mean_days, churn_share) in enumerate(CASES, start=chosen.seeds[0]):
            book, truth, churned = planted.write(chosen.work, number, PLANTED_EPISODES, mean_days, churn_share)
            worlds.build(book)
            waits.append(planted.read(book, truth, churned))
            print(waits[-1], flush=True)
        for seed in chosen.seeds:
            for world in ("null", "standard"):
                book = worlds.simulate(chosen.work, world, seed)
                worlds.build(book)
                frames.append(worlds.measure(book))
                print(frames[-1], flush=True)
                if world == "null":
                    stepped, truth_steps = worlds.plant_steps(book, chosen.work)
                    worlds.build(stepped)
                    found = [worlds.caught_steps(stepped, truth_steps, is_cusum=flag) for flag in (True, False)]
                    steps.append(found)
                    print(found, flush=True)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    minutes = (time.monotonic() - began) / 60
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(
        report.page(pl.concat(frames, how="vertical_relaxed"), steps, waits, chosen.seeds, minutes), encoding="utf-8"
    )
    print(chosen.out)
    return 0
