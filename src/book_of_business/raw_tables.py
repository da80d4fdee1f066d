"""Whether the registered raw tables can be read at all, before anything is built on them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb

from book_of_business.errors import UserError


def check_readable(working_file: Path) -> None:
    """Read every registered raw table once, so that a file that is no CSV of one shape is named with its line.

    Raises:
        UserError: naming every table that cannot be read, or that has fields beyond its header.
    """
    problems = []
    with duckdb.connect(str(working_file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        views = connection.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'raw' order by 1"
        ).fetchall()
        for view, sql in views:
            try:
                connection.execute(f'select count(*) from raw."{view}"').fetchall()
            except duckdb.Error as error:
                problems.append(f"table {view} cannot be read: {first_lines(str(error))}")
                continue
            problems.extend(header_problems(connection, view, sql))
    if problems:
        raise UserError("The raw data cannot be read:\n" + "\n".join(f"  - {problem}" for problem in problems))


def header_problems(connection: duckdb.DuckDBPyConnection, view: str, sql: str) -> list[str]:
    """Fields beyond the header and column names that stand twice: DuckDB names those itself, without a word."""
    found = re.search(r"read_csv\('((?:[^']|'')+)'", sql)
    if not found:
        return []
    path = re.sub(r"\[([\[*?])\]", r"\1", found.group(1).replace("''", "'"))
    with open(path, encoding="utf-8-sig", newline="") as handle:
        header = [name.strip().lower() for name in next(csv.reader(handle), [])]
    names = [name for (name,) in connection.execute(f'select column_name from (describe raw."{view}")').fetchall()]
    problems = [
        f"table {view} has the column {name} twice in {path}"
        for name in sorted(set(header))
        if header.count(name) > 1 and name
    ]
    if len(names) > len(header):
        problems.append(
            f"table {view} has rows with more fields than the header of {path} has names: is a comma not quoted?"
        )
    return problems


def first_lines(message: str) -> str:
    """What DuckDB says in its first lines, without its advice on its own options."""
    kept = [line.strip() for line in message.split("\n\n")[0].splitlines() if line.strip()]
    return " ".join(kept)[:300]
