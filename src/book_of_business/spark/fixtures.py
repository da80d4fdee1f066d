"""Rows of unit tests that are given in DuckDB's SQL, as plain values that Spark takes."""

from __future__ import annotations

from typing import Any

import duckdb

UNTYPED = '"NULL"'  # what DuckDB calls the type of a column of nulls
SPARK_TYPES = {
    "VARCHAR": "string",
    "HUGEINT": "decimal(38, 0)",
    "INTEGER": "int",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}


def give_values(manifest: Any) -> int:
    """Replace, in a parsed project, rows of unit tests that are given in SQL by what DuckDB reads there.

    All of them: the engines differ in more than functions (17.0 / 9 has six decimals on Spark).

    Returns:
        How many unit tests were changed.
    """
    changed = 0
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for test in manifest.unit_tests.values():
            given_in_sql = [given for given in (*test.given, test.expect) if isinstance(given.rows, str)]
            for given in given_in_sql:
                given.rows = as_values(connection, given.rows)
            changed += bool(given_in_sql)
    return changed


def as_values(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """A select that gives the rows of a query as literals, in its column types.

    Raises:
        duckdb.Error: if DuckDB cannot run the query.
    """
    columns = [(name, kind) for name, kind, *_ in connection.execute(f"describe {query}").fetchall()]
    texts = ", ".join(f'cast("{name}" as varchar)' for name, _ in columns)
    rows = connection.execute(f"select {texts} from ({query}) as given_rows").fetchall()
    selects = [
        "select " + ", ".join(literal(cell, kind, name) for cell, (name, kind) in zip(row, columns, strict=True))
        for row in rows or [(None,) * len(columns)]
    ]
    return "\nunion all\n".join(selects) + ("" if rows else "\nwhere false")


def literal(text: str | None, kind: str, name: str) -> str:
    """A value as Spark writes it, under the name of its column."""
    if kind == UNTYPED:
        return f"null as {name}"
    value = "null" if text is None else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"cast({value} as {SPARK_TYPES.get(kind, kind.lower())}) as {name}"
