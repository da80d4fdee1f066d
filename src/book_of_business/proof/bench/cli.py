"""Command line: `python -m book_of_business.bench [SIZE ...]`; `make bench` calls it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from book_of_business.console import error_console
from book_of_business.errors import UserError
from book_of_business.proof.bench import chart, machine, page, plan, results, sizes
from book_of_business.proof.bench.figures import figures, ratios
from book_of_business.proof.bench.measure import measure
from book_of_business.proof.bench.page import number
from book_of_business.settings import project_dir

DEFAULT_SIZES = ("10k", "100k")


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the page; 1 with a message when a step fails, 130 when interrupted."""
    chosen = parser().parse_args(arguments)
    try:
        project = project_dir()
        work, out = (project / chosen.work).resolve(), (project / chosen.out).resolve()
        steps = plan.plan(project)
        unknown = {*chosen.only, *chosen.skip} - {step.name for step in steps}
        if unknown:
            raise UserError(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in steps)}")
        wanted = [
            step for step in steps if step.name not in chosen.skip and (not chosen.only or step.name in chosen.only)
        ]
        for size in [sizes.parse(text, chosen.weeks, work) for text in chosen.sizes or DEFAULT_SIZES]:
            session = results.open_session(size, machine.facts(project))
            try:
                run(session, wanted, project, chosen.runs)
                if not chosen.only:
                    results.finish_session(session)
            finally:
                write(results.replace_size(out / "benchmark.jsonl", session), project, out)
            print_ratios(session)
        print(out / "benchmark.md")
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was measured is kept, and the same command goes on from there", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Sizes and places."""
    top = argparse.ArgumentParser(prog="python -m book_of_business.bench", description=__doc__)
    top.add_argument("sizes", nargs="*", metavar="SIZE", help="accounts, such as 2k or 1m (10k 100k)")
    top.add_argument("--work", default="build/bench", metavar="DIR", help="data and databases (build/bench)")
    top.add_argument("--out", default="docs/evidence", metavar="DIR", help="page, chart, measurements (docs/evidence)")
    top.add_argument("--weeks", type=int, default=104, help="weeks of data (104)")
    top.add_argument("--runs", type=int, default=0, help="runs of each step (3 up to 20k accounts, else 1)")
    top.add_argument("--only", nargs="+", default=[], metavar="STEP", help="only these steps")
    top.add_argument("--skip", nargs="+", default=[], metavar="STEP", help="all but these steps")
    return top


def run(session: results.Session, steps: list[plan.Step], project: Path, runs: int) -> None:
    """The steps of a size that are not measured yet, with progress."""
    size = session.size
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
        TimeElapsedColumn(), console=error_console, transient=True, disable=not error_console.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task(size.name, total=len(steps))
        for step in steps:
            progress.update(task, description=f"{size.name}: {step.title}")
            wanted = (runs or size.runs) if step.is_repeated else 1
            for _ in range(session.runs_of(step.name), wanted):
                session.add(measure_once(step, size, project))
                say(size.name, step, session.measured[-1])
                if "skipped" in session.measured[-1]:
                    break
            progress.advance(task)


def measure_once(step: plan.Step, size: sizes.Size, project: Path) -> results.Record:
    """One run of a step as a record."""
    record: results.Record = {"step": step.name}
    if step.name == "data" and size.raw.is_dir():
        return record | {"skipped": "the data was there"} | plan.raw_rows(size)
    if reason := step.missing(size):
        return record | {"skipped": reason}
    step.prepare(size)
    load, began = os.getloadavg()[0], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    log = size.folder / "logs" / f"{step.name}.log"
    cost = measure(step.command(size), step.environment(size), project, log)
    return record | {
        "began_at": began,
        "load_before": round(load, 2),
        "wall_seconds": round(cost.wall_seconds, 3),
        "cpu_seconds": round(cost.cpu_seconds, 3),
        "peak_memory_bytes": cost.peak_memory_bytes,
        **step.finish(size),
    }


def say(size: str, step: plan.Step, record: results.Record) -> None:
    """A line for what was measured."""
    if "skipped" in record:
        told = record["skipped"]
    else:
        memory = record["peak_memory_bytes"] / 1e9
        told = f"{record['wall_seconds']:.1f} s, CPU {record['cpu_seconds']:.1f} s, {memory:.2f} GB"
    error_console.print(f"{size}: {step.title}: {told}", markup=False)


def print_ratios(session: results.Session) -> None:
    """The ratios of a size, as far as their steps were measured: what a shared machine disturbs least."""
    reached = {True: ", reached", False: ", not reached", None: ""}
    for ratio in ratios(figures(session.records()), session.size.name):
        target = f" (target {ratio.target}{reached[ratio.is_reached]})" if ratio.target else ""
        print(f"{ratio.size}: {ratio.title}: {ratio.wall:.2f}, CPU {number(ratio.cpu, 2) or 'not measured'}{target}")


def write(records: list[results.Record], project: Path, out: Path) -> None:
    """The page and the chart of all sizes measured so far."""
    (out / "benchmark.md").write_text(page.page(records, project), encoding="utf-8")
    found = figures(records)
    if found:
        chart.write(found, out / "benchmark.svg")
