"""Compare the marts of two builds row by row: whether two engines tell the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

# Relative, of fractions: the order in which they are added differs.
TOLERANCE = 1e-9
RESIDUE = 1e-12
EXAMPLES = 5


@dataclass(frozen=True)
class Comparison:
    """One mart on both sides. `differing` counts rows that only one side has, and rows with a cell that differs."""

    mart: str
    row_count: int
    column_count: int
    differing: int
    largest_difference: float
    examples: tuple[str, ...]


def compare_folders(expected: Path, actual: Path, grains: dict[str, list[str]]) -> list[Comparison]:
    """Compare `<mart>.parquet` of both folders; `grains` has the key columns of each mart.

    Keys, nulls, texts, dates and whole numbers must be equal, fractions up to 1e-9 of themselves.
    """
    return [
        compare(expected / f"{mart}.parquet", actual / f"{mart}.parquet", mart, grains[mart]) for mart in sorted(grains)
    ]


def compare(expected: Path, actual: Path, mart: str, grain: list[str]) -> Comparison:
    """Compare one mart."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for side, path in (("expected", expected), ("actual", actual)):
            if not path.is_file():
                return Comparison(mart, 0, 0, 1, 0.0, (f"{path} is not there",))
            connection.execute(f"create view {side} as from read_parquet({literal(path)})")
        columns = connection.execute("select column_name, column_type from (describe expected)").fetchall()
        others = connection.execute("select column_name, column_type from (describe actual)").fetchall()
        if columns != others:
            missing = sorted(f"{name} {kind}" for name, kind in set(columns) ^ set(others))
            return Comparison(mart, 0, len(columns), 1, 0.0, (f"columns differ: {', '.join(missing) or 'in order'}",))
        if set(grain) <= {name for name, _ in columns}:
            return compare_rows(connection, mart, grain, columns)
        return compare_as_bags(connection, mart, len(columns))


def compare_rows(
    connection: duckdb.DuckDBPyConnection, mart: str, grain: list[str], columns: list[tuple[str, str]]
) -> Comparison:
    """Compare the views `expected` and `actual`, which have the same columns, by their key."""
    faults, distances = [], ["0"]
    for name, kind in columns:
        if name in grain:
            continue
        cells = f'expected."{name}", actual."{name}"'
        if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
            distances.append(f"coalesce(distance({cells}), 0)")
            faults.append(
                f"case when coalesce(distance({cells}) <= {TOLERANCE}, {same(name)}) then null else '{name}' end"
            )
        else:
            faults.append(f"case when {same(name)} then null else '{name}' end")
    keys = " and ".join(same(key) for key in grain)
    row_key = ", ".join(f'coalesce(expected."{key}", actual."{key}")' for key in grain)
    # what sums of fractions leave around zero has no relative size
    connection.execute(
        f"create macro distance(x, y) as case when abs(x - y) <= {RESIDUE} then 0"
        " else abs(x - y) / greatest(abs(x), abs(y)) end"
    )
    connection.execute(
        "create table compared as select"
        " expected.is_there is null or actual.is_there is null as is_one_sided,"
        f" concat_ws(', ', {', '.join(faults) or 'null'}) as faults, greatest({', '.join(distances)}) as distance,"
        f" concat_ws(' | ', {row_key}) as row_key"
        " from (select *, true as is_there from expected) as expected"
        f" full join (select *, true as is_there from actual) as actual on {keys}"
    )
    row_count, differing, distance = connection.execute(
        "select count(*), count(case when is_one_sided or faults != '' then 1 end),"
        " coalesce(max(case when not is_one_sided then distance end), 0) from compared"
    ).fetchone()
    examples = connection.execute(
        "select concat(row_key, ': ', case when is_one_sided then 'only on one side' else faults end) from compared"
        f" where is_one_sided or faults != '' order by 1 limit {EXAMPLES}"
    ).fetchall()
    return Comparison(mart, row_count, len(columns), differing, distance, tuple(text for (text,) in examples))


def compare_as_bags(connection: duckdb.DuckDBPyConnection, mart: str, column_count: int) -> Comparison:
    """Compare a mart whose grain is no column of it (rejected_rows: one row per fault): the same rows as often."""
    connection.execute(
        "create table compared as (from expected except all from actual)"
        " union all (from actual except all from expected)"
    )
    row_count, differing = connection.execute(
        "select (select count(*) from expected), (select count(*) from compared)"
    ).fetchone()
    examples = connection.execute(
        f"select distinct cast(compared as varchar) from compared order by 1 limit {EXAMPLES}"
    )
    return Comparison(mart, row_count, column_count, differing, 0.0, tuple(text for (text,) in examples.fetchall()))


def same(name: str) -> str:
    """Whether the cells of a column are the same, nulls included."""
    return f'expected."{name}" is not distinct from actual."{name}"'


def literal(path: Path) -> str:
    """A path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"
