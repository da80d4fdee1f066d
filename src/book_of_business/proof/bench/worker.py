"""One step in a process of its own, so that its time and memory are its own: `worker STEP FOLDER PROJECT`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from book_of_business.proof.bench.rules import read_rules


def scan(folder: Path, project: Path) -> None:
    """Read the columns that the core marts need."""
    from book_of_business.proof.bench import compiled, scan

    del project
    with compiled.connect(fresh(folder / "hand" / "scan.duckdb")) as connection:
        print("rows", scan.run(folder / "raw", connection))


def sql(folder: Path, project: Path) -> None:
    """The core marts in SQL written by hand."""
    from book_of_business.proof.bench import compiled, sql_marts

    with compiled.connect(fresh(folder / "hand" / "sql.duckdb")) as connection:
        sql_marts.marts(folder / "raw", read_rules(project), connection)
        sql_marts.write(connection, marts_folder(folder, "sql"))


def polars(folder: Path, project: Path) -> None:
    """The core marts in Polars."""
    from book_of_business.proof.bench import polars_marts

    target = marts_folder(folder, "polars")
    for mart, frame in polars_marts.marts(folder / "raw", read_rules(project)).items():
        frame.write_parquet(target / f"{mart}.parquet")


def pandas(folder: Path, project: Path) -> None:
    """The core marts in pandas."""
    from book_of_business.proof.bench import pandas_marts

    target = marts_folder(folder, "pandas")
    for mart, frame in pandas_marts.marts(folder / "raw", read_rules(project)).items():
        frame.to_parquet(target / f"{mart}.parquet")


def compiled(folder: Path, project: Path) -> None:
    """All models' compiled SQL by hand."""
    run_compiled(folder, only_core=False)


def core(folder: Path, project: Path) -> None:
    """The compiled SQL of what is behind the core marts, by hand."""
    run_compiled(folder, only_core=True)


def run_compiled(folder: Path, *, only_core: bool) -> None:
    """Run what the step `dbt` compiled. The database is called as dbt's is: the statements name it."""
    from book_of_business.proof.bench import compiled

    statements = compiled.read_statements(folder / "dbt" / "dbt")
    if only_core:
        statements = compiled.behind_core_marts(statements)
    file = fresh(folder / "hand" / ("core" if only_core else "compiled") / "working.duckdb")
    for seconds, model in compiled.run(statements, folder / "dbt" / "working.duckdb", file):
        print(f"{seconds:8.2f} {model}")


def fresh(file: Path) -> Path:
    """A database file that is not there yet, in a folder that is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (file, Path(f"{file}.wal")):
        leftover.unlink(missing_ok=True)
    return file


def marts_folder(folder: Path, who: str) -> Path:
    """Where a version of the core marts is written, to be compared."""
    target = folder / "marts" / who
    target.mkdir(parents=True, exist_ok=True)
    return target


STEPS: dict[str, Callable[[Path, Path], None]] = {
    "scan": scan, "sql": sql, "polars": polars, "pandas": pandas, "compiled": compiled, "core": core,
}  # fmt: skip

if __name__ == "__main__":
    STEPS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
