"""The measured figures as a page: docs/evidence/benchmark.md."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

from book_of_business.proof.bench.figures import GB, Figure, Figures, exponent, figures, ratios, sizes, whole_build
from book_of_business.proof.bench.plan import plan
from book_of_business.proof.bench.results import Record

INTRODUCTION = """\
# What it costs

Made by `make bench`, which runs every step in a process of its own, one after the other, on data of the package's own
simulator (two years, daily usage). Written by the command only; the measurements are beside it in `benchmark.jsonl`.

- **Wall** and **CPU** are seconds of the whole process, its start included; **memory** is the highest resident memory
  of the process and its children. With several runs: medians, and the highest memory. The file cache is warm.
- **Load** is how many processes wanted to run just before (the system's one-minute load). Where it is not near zero the
  machine was shared: trust CPU seconds and ratios, not wall time.
- **Core marts** are six marts, or parts of them, that Polars and pandas can make exactly: `fct_csm_load` (accounts,
  ARR, effort of eight factors), `fct_csm_throughput` (counts and minutes), `fct_csm_coverage` (unmonitored),
  `fct_renewal_concentration`, `fct_csm_engagement` (scores and follow-up of the week) and the signals of declining
  usage. On every run they are compared with the marts of the build: keys exactly, numbers to 1e-9 relative.
"""

HUNDRED_MILLION = 100_000_000
FAIRNESS = """\
## What is compared with what

- Polars (lazy, streaming where it helps), pandas (integer keys, usage one week's file at a time) and the SQL by hand
  use the same spans as the models. They leave out what the build does on the way: checking every row against the raw
  contract and keeping what is rejected, capacity, ceilings, runs of weeks, flags, and the other columns of those marts.
- `the compiled SQL behind the core marts` is everything those marts stand on in the project, checks and the columns
  that others leave out included. So its ratio to the others is an upper bound.
- Polars and pandas read the columns they need and keep results in memory; DuckDB also writes them to a database.
- The increment is one more week on a book that has 103: its folders arrive, the small tables are replaced by those of a
  week later. What was written into older folders later (a ticket's resolution) is there from the start.
- Spark is a step of its own (`make spark-build`, up to 100k accounts): one machine with a local session is not what it
  is for. A size without its row has not been run there.
"""


def page(records: list[Record], project: Path) -> str:
    """The page for all measured sizes."""
    found = figures(records)
    parts = [INTRODUCTION, "![Time against accounts](benchmark.svg)\n", targets(found, records)]
    for session in sizes(records):
        parts.append(one_size(session, records, found, project))
    parts += [growth(found, records), towards_100_million(records, found), FAIRNESS]
    return "\n".join(part for part in parts if part)


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def targets(found: Figures, records: list[Record]) -> str:
    """The targets for a million accounts, and what was measured."""
    limit = next((session["memory_limit"] for session in sizes(records) if session["size"] == "1m"), "")
    rows = []
    whole, part = whole_build(found, "1m"), found.get(("1m", "increment"))
    if whole:
        rows += [
            ["dbt build of all marts", "<= 12 min", f"{whole.wall / 60:.1f} min"],
            [f"its memory, with memory_limit {limit}", "<= 8 GB", f"{whole.memory_gb:.1f} GB"],
        ]
    if whole and part:
        rows += [
            ["increment of a week", "<= 12 % of that", f"{100 * part.wall / whole.wall:.0f} %"],
            [f"its memory, with memory_limit {limit}", "<= 3 GB", f"{part.memory_gb:.1f} GB"],
        ]
    made = found.get(("1m", "data"))
    if made:
        rows.append(["simulating the data", "< 15 min, 6 GB", f"{made.wall / 60:.1f} min, {made.memory_gb:.1f} GB"])
    return "## A million accounts\n\n" + table(["", "target", "measured"], rows) if rows else ""


def one_size(session: Record, records: list[Record], found: Figures, project: Path) -> str:
    """Machine, steps and ratios of a size."""
    name, titles = session["size"], {step.name: step.title for step in plan(project)}
    rows = []
    for step, title in titles.items():
        figure = found.get((name, step))
        if figure:
            rows.append([
                f"`{step}`", title, f"{figure.wall:.1f}", number(figure.cpu, 1), f"{figure.memory_gb:.2f}",
                produced(figure), str(figure.runs), f"{figure.load:.1f}",
            ])  # fmt: skip
    skipped = [
        f"- `{record['step']}`: {record['skipped']}"
        for record in records
        if record["kind"] == "measured" and record["size"] == name and "skipped" in record
    ]
    versions = ", ".join(f"{package} {version}" for package, version in session["versions"].items())
    machine = (
        f"{session['processor']}, {session['cores']} cores, {session['memory_bytes'] / GB:.0f} GB, {session['system']};"
        f" memory_limit {session['memory_limit']}; commit {session['commit'] or 'unknown'}; {versions}."
    )
    headings = ["step", "", "wall s", "CPU s", "memory GB", "rows", "runs", "load"]
    compared = [
        [
            ratio.title,
            f"{ratio.wall:.2f}",
            number(ratio.cpu, 2),
            ratio.target,
            {True: "yes", False: "no", None: ""}[ratio.is_reached],
        ]
        for ratio in ratios(found, name)
    ]
    parts = [
        f"## {session['accounts']:,} accounts, {session['weeks']} weeks\n",
        machine + "\n",
        table(headings, rows),
        "\n".join(skipped) + "\n" if skipped else "",
        table(["ratio", "wall", "CPU", "target", "reached"], compared) if compared else "",
        memories(found, name),
        rebuilt(found, name),
    ]
    return "\n".join(part for part in parts if part)


def rebuilt(found: Figures, size: str) -> str:
    """From which week the increment built: one week is meant."""
    record = found[size, "increment"].record if (size, "increment") in found else {}
    if "rebuilt_from" not in record:
        return ""
    compared = "equal to those of the whole build" if "is_equal" in record else "not compared with a whole build here"
    return f"The increment built from {record['rebuilt_from']} on ({record['reason']}); its core marts: {compared}.\n"


def number(value: float, digits: int) -> str:
    """A number to so many digits; nothing where it was not measured."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def produced(figure: Figure) -> str:
    """Rows that a step made or read."""
    rows = figure.record.get("rows")
    if isinstance(rows, dict):
        return f"{sum(rows.values()):,}"
    return f"{rows:,}" if rows else ""


def memories(found: Figures, size: str) -> str:
    """Memory of the core marts, version by version, in one line."""
    steps = ("core", "sql", "polars", "pandas")
    told = [f"{step} {found[size, step].memory_gb:.2f}" for step in steps if (size, step) in found]
    return f"Memory of the core marts in GB: {', '.join(told)}.\n" if len(told) > 1 else ""


def towards_100_million(records: list[Record], found: Figures) -> str:
    """What the largest size measured says of a hundred times and more: arithmetic, not a measurement."""
    measured = [session for session in sizes(records) if whole_build(found, session["size"])]
    raw = {record["size"]: record for record in records if record.get("step") == "data"}
    if not measured or measured[-1]["size"] not in raw:
        return ""
    largest = measured[-1]
    data, builds = raw[largest["size"]], [whole_build(found, session["size"]) for session in measured]
    build = builds[-1]
    accounts, row_count = largest["accounts"], sum(data["rows"].values())
    slope = exponent(builds[-2], build) if len(builds) > 1 else 1.0
    times = HUNDRED_MILLION / accounts
    hours = build.cpu / 3600
    rows = [
        ["raw rows", f"{row_count:,}", f"{row_count / accounts:,.0f}", f"{row_count * times / 1e9:,.0f} billion"],
        ["raw files, Parquet", f"{data['bytes'] / GB:.2f} GB", f"{data['bytes'] / accounts / 1e3:.1f} kB",
         f"{data['bytes'] * times / 1e12:.2f} TB"],
        ["working file, all models", f"{build.record['bytes'] / GB:.2f} GB",
         f"{build.record['bytes'] / accounts / 1e3:.1f} kB", f"{build.record['bytes'] * times / 1e12:.2f} TB"],
        ["dbt build, CPU", f"{build.cpu:,.0f} s", f"{1e3 * build.cpu / accounts:.2f} ms",
         f"{hours * times:,.0f} core-hours"],
        [f"the same, growing with exponent {slope:.2f}", "", "", f"{hours * times**slope:,.0f} core-hours"],
    ]  # fmt: skip
    part = found.get((largest["size"], "increment"))
    if part:
        rows.append(["increment of a week, CPU", f"{part.cpu:,.0f} s", f"{1e3 * part.cpu / accounts:.2f} ms",
                     f"{part.cpu / 3600 * times:,.0f} core-hours"])  # fmt: skip
    text = (
        "Arithmetic from the largest size measured, on one DuckDB process; what an engine on many machines adds, and"
        " what breaks first, is in [beyond_one_machine.md](../beyond_one_machine.md).\n"
    )
    headings = ["", f"{accounts:,} accounts", "per account", "100 million accounts"]
    return "## Towards 100 million accounts\n\n" + text + "\n" + table(headings, rows)


def growth(found: Figures, records: list[Record]) -> str:
    """Growth exponents between neighbouring sizes."""
    names = [session["size"] for session in sizes(records)]
    pairs = list(itertools.pairwise(names))
    if not pairs:
        return ""
    steps = list(dict.fromkeys(figure.step for figure in found.values()))
    rows = [
        [f"`{step}`"]
        + [
            number(exponent(found[one, step], found[other, step]), 2)
            if (one, step) in found and (other, step) in found
            else ""
            for one, other in pairs
        ]
        for step in steps
    ]
    text = (
        "Exponents of CPU time: 1 is in step with the accounts. The target from 100k to 1m is at most 1.1; from 10k on"
        " what does not depend on the accounts (starting, parsing, nodes) still flattens them.\n"
    )
    if len({session["commit"] for session in sizes(records)}) > 1:
        text += "The sizes were not measured on one commit: part of a slope is what changed between them.\n"
    return "## Growth\n\n" + text + "\n" + table(["step", *(f"{one} to {other}" for one, other in pairs)], rows)
