"""Compare all tables of a schema in two DuckDB files, and say readably what differs.

Rows are matched by the grain that the model's YAML gives (`config.meta.grain`); a table without one, or whose rows
repeat it, is compared as a bag of whole rows. Nulls, text, dates and whole numbers must be the same, floats to 1e-9.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from book_of_business.proof.parity import RESIDUE, TOLERANCE

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 6


@dataclass(frozen=True)
class Difference:
    """One value (or row) that is not the same; `first` and `second` are the two files' words for it."""

    table: str
    key: tuple[tuple[str, Any], ...]
    column: str
    first: Any
    second: Any
    count: int

    def __str__(self) -> str:
        at = ", ".join(f"{name}={value!s}" for name, value in self.key)
        more = f" ({self.count} such)" if self.count > 1 else ""
        return f"{self.table} [{at}] {self.column}: {self.first!r} against {self.second!r}{more}"


def grains(root: Path = ROOT) -> dict[str, tuple[str, ...]]:
    """The grain of each model, from the YAML beside it."""
    found = {}
    for path in (root / "models").rglob("*.yml"):
        if path.name.endswith(".unit_tests.yml"):
            continue
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or []:
            grain = model.get("config", {}).get("meta", {}).get("grain")
            if grain:
                found[model["name"]] = tuple([grain] if isinstance(grain, str) else grain)
    return found


def load(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    side: str,
    schema: str,
    rows_of: Callable[[str, dict[str, str]], str | None] | None,
) -> dict[str, dict[str, str]]:
    """Copy the rows of a schema's tables and views into `side`; the columns of each.

    The file is attached by its own name, one after the other, since its views name it.
    """
    connection.execute(f"create schema {side}")
    connection.execute(f"attach '{file}' as {file.stem} (read_only)")
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = ? order by table_name, column_index",
        [file.stem, schema],
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    for table in list(tables):
        condition = rows_of(table, tables[table]) if rows_of else "true"
        if condition is None:
            del tables[table]
            continue
        copied = f'create table {side}."{table}" as from {file.stem}.{schema}."{table}" where {condition}'
        connection.execute(copied)
    connection.execute(f"detach {file.stem}")
    return tables


def compare_files(
    first: Path,
    second: Path,
    schema: str = "marts",
    rows_of: Callable[[str, dict[str, str]], str | None] | None = None,
    leaving_out: Iterable[str] = (),
) -> list[Difference]:
    """What differs between the tables of a schema in two files.

    `rows_of` gives a condition on the rows of a table that are compared, or null where the table is passed over.
    """
    known = grains()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        ours, theirs = (
            load(connection, path, side, schema, rows_of) for side, path in (("first", first), ("second", second))
        )
        found = [
            Difference(table, (), "the table itself", table in ours, table in theirs, 1)
            for table in sorted(ours.keys() ^ theirs.keys())
        ]
        for table in sorted(ours.keys() & theirs.keys()):
            if ours[table] != theirs[table]:
                found.append(Difference(table, (), "the columns", ours[table], theirs[table], 1))
                continue
            columns = {name: kind for name, kind in ours[table].items() if name not in leaving_out}
            keys = tuple(name for name in known.get(table, ()) if name in columns)
            found += compare_table(connection, table, columns, keys)
    return found


def compare_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: dict[str, str],
    keys: tuple[str, ...],
) -> list[Difference]:
    """Differences of one table, one for each column with an example and how many there are."""
    if not keys or any(repeats(connection, f'{side}."{table}"', keys) for side in ("first", "second")):
        return compare_bags(connection, table, columns)
    matched = " and ".join(f'a."{key}" is not distinct from b."{key}"' for key in keys)
    connection.execute(
        "create or replace temp table paired as select "
        + ", ".join(f'a."{name}" as "a {name}", b."{name}" as "b {name}"' for name in columns)
        + ", a.there as in_first, b.there as in_second"
        + f' from (select *, true as there from first."{table}") as a'
        + f' full join (select *, true as there from second."{table}") as b on {matched}'
    )
    found = []
    both = "in_first and in_second"
    checks = {
        "the row itself": ("in_first is null or in_second is null", "in_first is not null", "in_second is not null"),
        **{
            name: (f"{both} and not {same(name, kind)}", f'"a {name}"', f'"b {name}"')
            for name, kind in columns.items()
            if name not in keys
        },
    }
    counted = connection.execute(
        "select " + ", ".join(f"count(*) filter (where {differs})" for differs, *_ in checks.values()) + " from paired"
    ).fetchone()
    shown_keys = ", ".join(f'coalesce("a {key}", "b {key}")' for key in keys)
    for (name, (differs, left, right)), count in zip(checks.items(), counted or (), strict=True):
        if not count:
            continue
        *key, one, other = (
            connection.execute(
                f"select {shown_keys}, {left}, {right} from paired where {differs} order by all limit 1"
            ).fetchone()
            or ()
        )
        found.append(Difference(table, tuple(zip(keys, key, strict=True)), name, one, other, count))
    return found


def same(name: str, kind: str) -> str:
    """Whether the two values of a column are the same, in SQL, never null."""
    left, right = f'"a {name}"', f'"b {name}"'
    if kind in ("DOUBLE", "FLOAT"):
        near = f"abs({left} - {right}) <= greatest({RESIDUE}, {TOLERANCE} * greatest(abs({left}), abs({right})))"
        # NaN is above everything here, and would be near to anything
        numbers = f"not isnan({left}) and not isnan({right})"
        return f"({left} is not distinct from {right} or coalesce({numbers} and {near}, false))"
    return f"({left} is not distinct from {right})"


def repeats(connection: duckdb.DuckDBPyConnection, rows: str, keys: tuple[str, ...]) -> bool:
    listed = ", ".join(f'"{key}"' for key in keys)
    query = f"select 1 from {rows} group by {listed} having count(*) > 1 limit 1"
    return connection.execute(query).fetchone() is not None


def compare_bags(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> list[Difference]:
    """Whole rows that stand in one file and not (as often) in the other; floats to nine digits."""
    listed = ", ".join(
        f'round("{name}", 9) as "{name}"' if kind in ("DOUBLE", "FLOAT") else f'"{name}"'
        for name, kind in columns.items()
    )
    found = []
    for one, other, verdict in (("first", "second", (True, False)), ("second", "first", (False, True))):
        query = f'select {listed} from {one}."{table}" except all select {listed} from {other}."{table}"'
        rows = connection.execute(f"select * from ({query}) order by all limit 1").fetchall()
        if rows:
            [(count,)] = connection.execute(f"select count(*) from ({query})").fetchall()
            key = tuple(zip(columns, rows[0], strict=True))
            found.append(Difference(table, key, "the row itself", *verdict, count))
    return found


def readable(differences: list[Difference], shown: int = 200) -> str:
    """One line for each column that differs."""
    lines = [f"  - {difference}" for difference in differences[:shown]]
    if len(differences) > shown:
        lines.append(f"  - and {len(differences) - shown} more")
    return "\n".join(lines)
