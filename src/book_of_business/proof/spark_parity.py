"""Build the same books on DuckDB and on Spark, and compare every public mart."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from book_of_business.console import error_console
from book_of_business.errors import UserError
from book_of_business.proof.parity import Comparison, compare_folders
from book_of_business.settings import Settings
from book_of_business.spark.build import grains_of_marts, spark_build

RANDOM_BOOK_SEED = "7"
# text and Parquet are read by different macros
PARQUET_BOOK = ("--accounts", "80", "--csms", "4", "--weeks", "30", "--format", "parquet", "--force")
PYTHON = Path(".venv/bin/python")


def run_parity(settings: Settings, names: Sequence[str], marts: Sequence[str] = ()) -> bool:
    """Compare the books called `names`: `demo`, `random` (small, full of edges), `parquet` (folders), or a directory.

    Args:
        settings: where books are built, and the project.
        names: the books (none: the three).
        marts: those to compare (none: all).

    Returns:
        Whether all marts of all books are the same.

    Raises:
        UserError: if a build fails, or there is no such mart.
    """
    grains = chosen_grains(settings, marts)
    is_same = True
    for name in names or ["demo", "random", "parquet"]:
        folder = settings.build_dir / "parity" / Path(name).name
        book = replace(settings, raw_data=raw_data_of(settings, name, folder), build_dir=folder)
        with loss_allowed(is_allowed=name == "random"):
            on_duckdb = build_on_duckdb(book)
            on_spark = spark_build(book, marts=marts)
        comparisons = compare_folders(on_duckdb, on_spark, grains)
        print_comparisons(name, comparisons)
        is_same = is_same and not any(comparison.differing for comparison in comparisons)
    return is_same


@contextmanager
def loss_allowed(*, is_allowed: bool) -> Iterator[None]:
    """Both builds put up with the faults of a book that is spoilt on purpose, more than a user would."""
    given = os.environ.get("ALLOW_LOSS")
    if is_allowed:
        os.environ["ALLOW_LOSS"] = "1"
    try:
        yield
    finally:
        if is_allowed:
            os.environ.pop("ALLOW_LOSS")
            if given is not None:
                os.environ["ALLOW_LOSS"] = given


def chosen_grains(settings: Settings, marts: Sequence[str]) -> dict[str, list[str]]:
    """The key columns of the marts to compare.

    Raises:
        UserError: if there is no such mart.
    """
    grains = grains_of_marts(settings.project_dir)
    for mart in marts:
        if mart not in grains:
            raise UserError(f"MARTS names {mart}, which is no mart; there are {', '.join(sorted(grains))}")
    return {mart: grains[mart] for mart in marts} if marts else grains


def raw_data_of(settings: Settings, name: str, folder: Path) -> Path:
    """Where the raw tables of a book are; a random one is written first."""
    if name == "demo":
        return settings.project_dir / "seeds"
    if name == "random":
        raw = folder / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        raw.mkdir(parents=True)
        run(settings, {}, "-m", "tests.oracle.random_book", RANDOM_BOOK_SEED, str(raw))
        return raw
    if name == "parquet":
        raw = folder / "raw"
        run(settings, {}, "-m", "book_of_business", "simulate", str(raw), *PARQUET_BOOK)
        return raw
    return Path(name).resolve()


def build_on_duckdb(settings: Settings) -> Path:
    """The marts as `make build` makes them, without tests, in an environment that has no Spark."""
    settings.build_dir.mkdir(parents=True, exist_ok=True)
    error_console.print("Building the marts on DuckDB ...")
    run(settings, settings.environment(), "-m", "book_of_business", "build", "--fast")
    return settings.marts_dir


def run(settings: Settings, environment: dict[str, str], *arguments: str) -> None:
    """Python of .venv, which this process has not.

    Raises:
        UserError: with what it said, if it fails.
    """
    python = settings.project_dir / PYTHON
    if not python.exists():
        raise UserError("the marts of DuckDB are built by .venv, which is missing: run `make build` first")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DBT_TARGET")}
    done = subprocess.run(
        [python, *arguments],
        cwd=settings.project_dir,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(done.stdout + done.stderr)


def print_comparisons(name: str, comparisons: list[Comparison]) -> None:
    """A line for each mart, and what differs below."""
    table = Table(title=f"DuckDB {duckdb.__version__} and Spark, book {name}")
    for column in ("mart", "rows", "columns", "differing", "largest relative difference"):
        table.add_column(column, justify="left" if column == "mart" else "right")
    for comparison in comparisons:
        table.add_row(
            comparison.mart,
            str(comparison.row_count),
            str(comparison.column_count),
            str(comparison.differing),
            f"{comparison.largest_difference:.1e}",
        )
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for comparison in comparisons:
        for example in comparison.examples:
            console.print(f"{comparison.mart}: {example}", markup=False)
