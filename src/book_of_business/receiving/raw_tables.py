"""Whether the registered raw tables can be read at all, before anything is built on them."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from pathlib import Path

import duckdb

from book_of_business.console import SILENT_SECONDS, ProgressCallback, count_of, error_console
from book_of_business.errors import UserError
from book_of_business.receiving.raw_columns import fold
from book_of_business.receiving.raw_forms import Form, fault_of_csv, unquoted


def check_readable(working_file: Path, on_progress: ProgressCallback | None = None) -> dict[str, int]:
    """Read every registered raw table once, so that a malformed CSV is reported with its line.

    A table that takes longer than two seconds is told on the terminal, with its rows.

    Returns:
        The rows of each table.

    Raises:
        UserError: naming every table that cannot be read, or that has fields beyond its header.
    """
    problems = []
    counts: dict[str, int] = {}
    with duckdb.connect(str(working_file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        views = connection.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'raw' order by 1"
        ).fetchall()
        for place, (view, sql) in enumerate(views):
            if on_progress:
                on_progress(place, len(views), f"reading {view}")
            started = time.monotonic()
            try:
                (counts[view],) = connection.execute(f'select count(*) from raw."{view}"').fetchone()
            except duckdb.Error as error:
                path = path_of_csv(sql)
                fault = fault_of_csv(path, form_of_view(sql)) if path else None
                told = f"{path} {fault}" if fault else first_lines(str(error))
                problems.append(f"table {view} cannot be read: {told}")
                continue
            seconds = time.monotonic() - started
            if seconds >= SILENT_SECONDS:
                error_console.print(f"  {view}: {count_of(counts[view], 'row')}, {seconds:.1f} s", markup=False)
            problems.extend(header_problems(connection, view, sql))
    if problems:
        raise UserError("The raw data cannot be read:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return counts


def stop_without_rows(working_file: Path) -> None:
    """Stop where every row of `csms` or `accounts` was rejected: marts of nothing must not replace good ones.

    Raises:
        UserError: with the most frequent faults.
    """
    with duckdb.connect(str(working_file), read_only=True) as connection:
        empty = connection.execute(
            "select table_name, read_count from marts.data_coverage"
            " where table_name in ('csms', 'accounts') and read_count > 0 and accepted_count = 0"
        ).fetchall()
        for table, count in empty:
            faults = connection.execute(
                "select column_name, rule, count(*) as row_count from marts.rejected_rows where table_name = ?"
                " group by all order by row_count desc limit 3",
                [table],
            ).fetchall()
            told = ", ".join(f"{column} {rule} ({number:,})" for column, rule, number in faults)
            raise UserError(
                f"all {count:,} rows of {table} are rejected: {told}. Nothing was published;"
                f" the rows are in marts.rejected_rows of {working_file}"
            )


def explained(message: str) -> str:
    """What DuckDB says of a file that is gone or no CSV of one shape, in words that help; else the message itself."""
    gone = re.search(r'No files found that match the pattern "([^"]+)"', message)
    if gone:
        return (
            f"{gone.group(1)} was there when the build began and is not any more: build again when the export is done."
            " What was published stays as it was"
        )
    found = re.search(r"(/[^\n\"]*\.csv)\b", message) if "CSV" in message else None
    path = Path(found.group(1)) if found else None
    form = Form(**json.loads(os.environ.get("RAW_FORMS") or "{}").get(path.stem, {})) if path else None
    fault = fault_of_csv(path, form) if path is not None and path.is_file() else None
    return f"The raw data cannot be read:\n  - table {path.stem}: {path} {fault}" if path and fault else message


def path_of_csv(sql: str) -> Path | None:
    """The file that a registered view reads; null where it reads Parquet."""
    found = re.search(r"read_csv\('((?:[^']|'')+)'", sql)
    return Path(re.sub(r"\[([\[*?])\]", r"\1", found.group(1).replace("''", "'"))) if found else None


def form_of_view(sql: str) -> Form:
    """The form in which a registered view reads its CSV file."""
    delim = re.search(r"""\"?delim\"? = '([^'])'""", sql)
    skip = re.search(r'"?skip"? = (\d+)', sql)
    return Form(delim.group(1) if delim else ",", int(skip.group(1)) if skip else 0)


def header_problems(connection: duckdb.DuckDBPyConnection, view: str, sql: str) -> list[str]:
    """Fields beyond the header and column names that stand twice: DuckDB names those itself, without a word."""
    path = path_of_csv(sql)
    if path is None:
        return []
    form = form_of_view(sql)
    with open(path, encoding="utf-8-sig", newline="") as handle:
        for _ in range(form.skip):
            handle.readline()
        header = [name.strip().lower() for name in next(csv.reader(handle, delimiter=form.delim), [])]
    names = [name for (name,) in connection.execute(f'select column_name from (describe raw."{view}")').fetchall()]
    read = connection.execute(
        "select column_name from raw.registered_columns where table_name = ? and is_read", [view]
    ).fetchall()
    read_folds = {fold(name) for (name,) in read}
    problems = [
        f"table {view} has the column {name} twice in {path}"
        for name in sorted(set(header))
        if header.count(name) > 1 and fold(name) in read_folds
    ]
    if len(names) > len(header):
        problems.append(
            f"table {view} has rows with more fields than the header of {path} has names: {unquoted(form.delim)}"
        )
    return problems


def first_lines(message: str) -> str:
    """What DuckDB says in its first lines, without its advice on its own options."""
    kept = [line.strip() for line in message.split("\n\n")[0].splitlines() if line.strip()]
    return " ".join(kept)[:300]
