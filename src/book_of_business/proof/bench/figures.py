"""Measured figures as one row per size and step, and the ratios that the targets speak of."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from book_of_business.proof.bench.results import Record

GB = 1e9


@dataclass(frozen=True)
class Figure:
    """A step at a size: medians over its runs; seconds, bytes. CPU time is NaN where a record does not have it."""

    step: str
    size: str
    accounts: int
    runs: int
    wall: float
    cpu: float
    memory: float
    load: float
    record: Record

    @property
    def memory_gb(self) -> float:
        return self.memory / GB


Figures = dict[tuple[str, str], Figure]  # by size and step


def figures(records: list[Record]) -> Figures:
    """Medians of all measured steps."""
    runs: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record["kind"] == "measured" and "wall_seconds" in record:
            runs.setdefault((record["size"], record["step"]), []).append(record)
    return {
        (size, step): Figure(
            step, size, found[0]["accounts"], len(found),
            statistics.median(record["wall_seconds"] for record in found),
            statistics.median(record.get("cpu_seconds", math.nan) for record in found),
            max(record["peak_memory_bytes"] for record in found),
            max(record["load_before"] for record in found),
            found[-1],
        )
        for (size, step), found in runs.items()
    }  # fmt: skip


def sizes(records: list[Record]) -> list[Record]:
    """The sessions, small sizes first."""
    return sorted((record for record in records if record["kind"] == "session"), key=lambda record: record["accounts"])


def whole_build(found: Figures, size: str) -> Figure | None:
    """The dbt build of all weeks; where it was left out, that of all but the last week."""
    return found.get((size, "dbt")) or found.get((size, "before"))


def exponent(smaller: Figure, larger: Figure) -> float:
    """How time grows: 1 is in step with the accounts, 2 with their square. Of CPU time, which others disturb less."""
    return math.log(larger.cpu / smaller.cpu) / math.log(larger.accounts / smaller.accounts)


@dataclass(frozen=True)
class Ratio:
    """A ratio of two steps at a size, by wall and CPU time, and what it ought to be."""

    title: str
    size: str
    wall: float
    cpu: float
    target: str
    is_reached: bool | None


# What is divided by what, in words, and the most that it may be; null where no target is set.
RATIOS = (
    ("core", "sql", "core marts: compiled SQL of the models / SQL by hand", 1.2),
    ("dbt", "compiled", "dbt build / its compiled SQL by hand", 2.0),
    ("increment", "before", "increment of a week / the whole dbt build before it", 0.12),
    ("core", "polars", "core marts: compiled SQL of the models / Polars", 1.0),
    ("core", "pandas", "core marts: compiled SQL of the models / pandas", 1.0),
    ("dbt", "spark", "dbt build on DuckDB / on Spark", 1.0),
    ("sql", "polars", "core marts: SQL by hand / Polars", None),
    ("sql", "pandas", "core marts: SQL by hand / pandas", None),
    ("sql", "scan", "core marts: SQL by hand / scan floor", None),
    ("build", "dbt", "make build, with checks, tests, publishing / dbt build", None),
)


def ratios(found: Figures, size: str) -> list[Ratio]:
    """The ratios of a size, as far as both were measured; wall time decides."""
    told = []
    for above, below, title, limit in RATIOS:
        one, other = found.get((size, above)), found.get((size, below))
        if one and other:
            wall, cpu = one.wall / other.wall, one.cpu / other.cpu
            target = "" if limit is None else f"<= {limit:g}"
            told.append(Ratio(title, size, wall, cpu, target, None if limit is None else wall <= limit))
    return told
