"""The steps of the benchmark, in the order in which they run, one after the other."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from book_of_business.proof.bench import data, equality
from book_of_business.proof.bench.measure import measure
from book_of_business.proof.bench.sizes import Size
from book_of_business.settings import Settings

NOT_INHERITED = (
    "RAW_DATA",
    "AS_OF_DATE",
    "BUILD_DIR",
    "FULL",
    "RAW_DATA_IS_REGISTERED",
    "RAW_FORMS",
    "DBT_TARGET_PATH",
)
SPARK_ACCOUNTS = 100_000  # on one machine it is run up to here
Details = dict[str, object]


def nothing(size: Size) -> None:
    """Nothing to prepare."""


def no_details(size: Size) -> Details:
    """Nothing to add to what was measured."""
    return {}


@dataclass(frozen=True)
class Step:
    """What is measured. `prepare` and `finish` run outside of the measurement; `finish` also checks, and says more.

    `is_repeated` is false where a second run would not find what the first one found. `missing` says why a step cannot
    run for a size, or nothing.
    """

    name: str
    title: str
    command: Callable[[Size], list[str]]
    environment: Callable[[Size], Mapping[str, str]] = lambda size: inherited()
    prepare: Callable[[Size], None] = nothing
    finish: Callable[[Size], Details] = no_details
    missing: Callable[[Size], str] = lambda size: ""
    is_repeated: bool = True


def inherited() -> dict[str, str]:
    """The environment without what belongs to the user's own book."""
    return {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}


def plan(project: Path) -> list[Step]:
    """All steps. The data first: what reads it comes after."""
    return [
        Step("data", "simulate the raw tables", lambda size: data.simulate_command(sys.executable, size),
             prepare=remove_half_a_book, finish=keep_raw, is_repeated=False),
        Step("build", "make build FULL=1: checks, models, tests, publishing", lambda size: module("build"),
             lambda size: build_environment(project, size.raw, size.folder / "build"),
             lambda size: parse_anew(project, size.raw, size.folder / "build"), read_build),
        Step("dbt", "dbt build of all models", lambda size: dbt(),
             lambda size: build_environment(project, size.raw, size.folder / "dbt"),
             lambda size: parse_anew(project, size.raw, size.folder / "dbt"),
             lambda size: mart_rows(size.folder / "dbt")),
        hand("compiled", "the compiled SQL of all models, by hand", project),
        hand("core", "the compiled SQL behind the core marts, by hand", project),
        hand("sql", "core marts, SQL written by hand for DuckDB", project),
        hand("scan", "reading the columns of the core marts once", project),
        hand("polars", "core marts, Polars", project),
        hand("pandas", "core marts, pandas", project),
        Step("before", "dbt build of all models, the last week not there yet", lambda size: dbt(),
             lambda size: build_environment(project, size.growing, size.folder / "increment"),
             lambda size: take_last_week_away(project, size), lambda size: mart_rows(size.folder / "increment"),
             is_repeated=False),
        Step("increment", "dbt build once the last week has arrived", lambda size: dbt(),
             lambda size: build_environment(project, size.growing, size.folder / "increment", is_full=False),
             data.add_last_week, check_increment, is_repeated=False),
        Step("spark", "make spark-build: all models on a local Spark session", lambda size: ["make", "spark-build"],
             lambda size: build_environment(project, size.raw, size.folder / "spark"),
             lambda size: remove(size.folder / "spark"),
             missing=lambda size: spark_is_missing(project, size), is_repeated=False),
    ]  # fmt: skip


def module(*arguments: str) -> list[str]:
    """A command of the package."""
    return [sys.executable, "-m", "book_of_business", *arguments]


def dbt() -> list[str]:
    """All models and reference tables; tests are the build's."""
    executable = Path(sys.executable).with_name("dbt")
    return [str(executable), "--quiet", "build", "--exclude-resource-type", "test", "unit_test"]


def hand(name: str, title: str, project: Path) -> Step:
    """A step of `worker`. Where it writes core marts, they have to be those of the step `dbt`."""

    def command(size: Size) -> list[str]:
        return [sys.executable, "-m", "book_of_business.proof.bench.worker", name, str(size.folder), str(project)]

    def finish(size: Size) -> Details:
        shutil.rmtree(size.folder / "hand", ignore_errors=True)
        working_file = size.folder / "dbt" / "working.duckdb"
        if size.marts_of(name).is_dir():
            equality.check(working_file, size.marts_of(name), name)
            return {"is_equal": True}
        return {}

    return Step(name, title, command, finish=finish)


def build_environment(project: Path, raw: Path, build_dir: Path, *, is_full: bool = True) -> dict[str, str]:
    """What a build of a raw folder in a folder of its own needs."""
    own = Settings(project_dir=project, raw_data=raw.resolve(), build_dir=build_dir, as_of_date=None).environment()
    return inherited() | own | ({"FULL": "1"} if is_full else {})


def remove(folder: Path) -> None:
    """An empty folder in the place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def parse_anew(project: Path, raw: Path, build_dir: Path) -> None:
    """An empty build directory in which dbt has parsed the project: whoever builds every week finds that there too."""
    remove(build_dir)
    environment = build_environment(project, raw, build_dir)
    measure([dbt()[0], "--quiet", "parse"], environment, project, build_dir.parent / "logs" / "parse.log")


def remove_half_a_book(size: Size) -> None:
    """What a killed simulation left."""
    shutil.rmtree(size.folder / "raw.new", ignore_errors=True)
    size.folder.mkdir(parents=True, exist_ok=True)


def keep_raw(size: Size) -> Details:
    """The book is whole: give it its name."""
    (size.folder / "raw.new").rename(size.raw)
    return raw_rows(size)


def raw_rows(size: Size) -> Details:
    """Rows of each raw table, and the bytes of all files."""
    with duckdb.connect() as connection:
        rows = {}
        for path in sorted(size.raw.iterdir()):
            files = f"{path}/*/*.parquet" if path.is_dir() else str(path)
            if files.endswith(".parquet"):
                found = connection.execute("select sum(num_rows) from parquet_file_metadata(?)", [files]).fetchone()
                rows[path.stem] = int((found or (0,))[0])
    return {"rows": rows, "bytes": sum(file.stat().st_size for file in size.raw.rglob("*") if file.is_file())}


def read_build(size: Size) -> Details:
    """The parts of the build with their seconds, as it told them, and the rows of its marts."""
    told = (size.folder / "logs" / "build.log").read_text(errors="replace")
    parts = re.findall(r"^([A-Z][\w ]+): ([\d.]+) s$", told, re.MULTILINE)
    told_rows = mart_rows(size.folder / "build")
    shutil.rmtree(size.folder / "build")  # at a million accounts every database is tens of gigabytes
    return {"parts": {name: float(seconds) for name, seconds in parts}} | told_rows


def mart_rows(build_dir: Path) -> Details:
    """Rows of all marts, views left out: they cost nothing before somebody reads them."""
    file = build_dir / "working.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select sum(estimated_size) from duckdb_tables() where schema_name = 'marts'"
        ).fetchone()
    return {"rows": int((found or (0,))[0] or 0), "bytes": file.stat().st_size}


def take_last_week_away(project: Path, size: Size) -> None:
    """The book as it was a week before, and an empty build directory for it."""
    data.cut_last_week(size)
    parse_anew(project, size.growing, size.folder / "increment")


def check_increment(size: Size) -> Details:
    """After the increment the core marts have to be those of the whole build; from which week it built, and why."""
    told = mart_rows(size.folder / "increment")
    whole = size.folder / "dbt" / "working.duckdb"
    if whole.is_file():  # not where --only left that step out: at a million accounts it takes half an hour
        equality.check_builds(whole, size.folder / "increment" / "working.duckdb")
        told["is_equal"] = True
    with duckdb.connect(str(size.folder / "increment" / "working.duckdb"), read_only=True) as connection:
        found = connection.execute("select cast(rebuild_from as varchar), reason from raw.rebuild").fetchone()
    told["rebuilt_from"], told["reason"] = found or (None, "unknown")
    for folder in (size.growing, size.folder / "increment"):
        shutil.rmtree(folder)
    return told


def spark_is_missing(project: Path, size: Size) -> str:
    """Why Spark cannot run; nothing if it can."""
    if size.accounts > SPARK_ACCOUNTS:
        return f"not run: one machine runs it up to {SPARK_ACCOUNTS:,} accounts"
    return "" if (project / ".venv-spark").is_dir() else "not run: no Spark here (make spark-build sets it up)"
