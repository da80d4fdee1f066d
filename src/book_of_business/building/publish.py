"""Publish: the marts and reference tables of a working file become the file that everyone reads, in one rename.

A DuckDB file that is being written cannot be opened by readers, and an open reader stops a writer. So dbt writes a
working file that nobody else opens; publishing copies the marts as tables into a new file beside the published one and
renames it over that. Whoever has the old file open keeps reading the old rows; whoever opens it next sees the new ones.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from book_of_business.building.published_build import (
    BUILD_COLUMNS,
    BUILD_COMMENT,
    BUILD_TABLE,
    Table,
    Values,
    build_row,
    identifier,
    sync,
    write_manifest,
)
from book_of_business.errors import UserError
from book_of_business.settings import memory_limit, new_file_of

MARTS_SCHEMA = "marts"
REFERENCE_SCHEMA = "reference"
# BI tools still bring DuckDB 1.x, which cannot read files in the storage version of 2.0.
STORAGE_VERSION = "v1.0.0"


@dataclass(frozen=True)
class Copy:
    """The marts of a working file as nobody sees them yet: their names, and where they lie."""

    marts: list[str]
    file: Path
    folder: Path


def publish(working_file: Path, published_file: Path, marts_dir: Path, account_weeks: int | None = None) -> list[str]:
    """Copy every mart of schema `marts` to `published_file` and to `marts_dir/<mart>.parquet`.

    Reference tables and a row about the build go with them, in schema `reference` and `marts_dir/reference`;
    `marts_dir/manifest.json` lists the files. Both are replaced whole: a run that is killed leaves the old ones as they
    were, and what it left half-done is removed by the next.

    Returns:
        The names of the marts, sorted.

    Raises:
        UserError: if the working file is absent or has no marts.
    """
    copied = copy_marts(working_file, published_file, marts_dir, account_weeks)
    replace(copied, published_file, marts_dir)
    return copied.marts


def copy_marts(working_file: Path, published_file: Path, marts_dir: Path, account_weeks: int | None = None) -> Copy:
    """Copy every mart of schema `marts` and every reference table to a file and a folder beside the published ones.

    Marts by account and week are views, which cost nothing until they are copied; `account_weeks` limits them to that
    many weeks, counted back from the latest; null copies all.

    Raises:
        UserError: if the working file is absent or has no marts.
    """
    if not working_file.is_file():
        raise UserError(f"there is nothing to publish: {working_file} does not exist; run `make build` first")
    remove_leftovers(published_file, marts_dir)
    new_file = new_file_of(published_file)
    new_marts_dir = marts_dir.with_name(f".{marts_dir.name}.new-{os.getpid()}")
    limits = {"temp_directory": str(published_file.parent / "spill"), "memory_limit": memory_limit()}
    with duckdb.connect(config=limits) as connection:
        connection.execute(f"attach {literal(working_file)} as working (read_only)")
        marts = names_in(connection, MARTS_SCHEMA)
        views = names_in(connection, MARTS_SCHEMA, "VIEW")
        if not marts:
            raise UserError(f"there is nothing to publish: {working_file} has no marts; run `make build` first")
        if not is_of_one_run(connection):
            raise UserError(
                f"the marts in {working_file} are not those of one whole run: a run was stopped, failed, or built a"
                " selection; run `make build`, or `dbt build` without --select"
            )
        (new_marts_dir / REFERENCE_SCHEMA).mkdir(parents=True)
        connection.execute(f"attach {literal(new_file)} as published (storage_version '{STORAGE_VERSION}')")
        for schema in (MARTS_SCHEMA, REFERENCE_SCHEMA):
            connection.execute(f"create schema published.{schema}")
        tables = []
        for mart in marts:
            recent = recent_weeks(account_weeks) if account_weeks and mart in views else ""
            tables.append(copy_table(connection, MARTS_SCHEMA, mart, new_marts_dir, recent))
        for name in names_in(connection, REFERENCE_SCHEMA):
            tables.append(copy_table(connection, REFERENCE_SCHEMA, name, new_marts_dir))
        row = build_row(connection, tables, account_weeks)
        tables.append(add_build_table(connection, row, new_marts_dir))
        add_comments(connection)
        connection.execute("detach published")
    write_manifest(new_marts_dir, row, tables)
    return Copy(marts, new_file, new_marts_dir)


def copy_table(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, folder: Path, condition: str = ""
) -> Table:
    """Copy the rows of a table of `working` that meet the condition to `published` and to Parquet."""
    table = f"{schema}.{identifier(name)}"
    connection.execute(f"create table published.{table} as select * from working.{table} {condition}")
    return write_parquet(connection, schema, name, folder)


def add_build_table(connection: duckdb.DuckDBPyConnection, row: Values, folder: Path) -> Table:
    """Add the row about the build to `published` and write it to Parquet."""
    table = f"published.{REFERENCE_SCHEMA}.{BUILD_TABLE}"
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in BUILD_COLUMNS.items())
    connection.execute(f"create table {table} ({columns})")
    values = [row[name] for name in BUILD_COLUMNS]
    connection.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)
    return write_parquet(connection, REFERENCE_SCHEMA, BUILD_TABLE, folder)


def add_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Give `published` the comments of `working`, each on one line, and those of the build."""
    comments = connection.execute(
        "select schema_name, table_name, null, comment from duckdb_tables() where database_name = 'working'"
        " union all"
        " select schema_name, view_name, null, comment from duckdb_views() where database_name = 'working'"
        " union all"
        " select schema_name, table_name, column_name, comment from duckdb_columns() where database_name = 'working'"
    ).fetchall()
    build = {None: BUILD_COMMENT, **{name: comment for name, (_, comment) in BUILD_COLUMNS.items()}}
    comments += [(REFERENCE_SCHEMA, BUILD_TABLE, column, comment) for column, comment in build.items()]
    statements = []
    for schema, name, column, comment in comments:
        if schema in (MARTS_SCHEMA, REFERENCE_SCHEMA) and comment:
            table = f"published.{schema}.{identifier(name)}"
            what = f"table {table}" if column is None else f"column {table}.{identifier(column)}"
            statements.append(f"comment on {what} is {text_literal(' '.join(comment.split()))}")
    # one transaction: each has its own wait for the disk
    connection.execute("; ".join(["begin", *statements, "commit"]))


def write_parquet(connection: duckdb.DuckDBPyConnection, schema: str, name: str, folder: Path) -> Table:
    """Write a table of `published` to Parquet: a mart into the folder, others into the folder of their schema."""
    file = Path(f"{name}.parquet") if schema == MARTS_SCHEMA else Path(schema) / f"{name}.parquet"
    table = f"published.{schema}.{identifier(name)}"
    columns = [(column, kind) for column, kind, *_ in connection.execute(f"describe {table}").fetchall()]
    (row_count,) = connection.execute(f"select count(*) from {table}").fetchone()
    connection.execute(f"copy {table} to {literal(folder / file)} (format parquet, compression zstd)")
    return Table(schema, name, file, tuple(columns), row_count)


def replace(copied: Copy, published_file: Path, marts_dir: Path) -> None:
    """Let readers see what was copied: two renames."""
    replace_file(copied.file, published_file)
    replace_directory(copied.folder, marts_dir)


def names_in(connection: duckdb.DuckDBPyConnection, schema: str, table_type: str = "%") -> list[str]:
    """Names of the tables and views in a schema of the attached database `working`, sorted."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'working' and table_schema = ? and table_type like ? order by 1",
        [schema, table_type],
    ).fetchall()
    return [name for (name,) in rows]


def recent_weeks(count: int) -> str:
    """The condition that leaves so many weeks, the latest included."""
    return (
        "where week_start_date > (select latest_week_start_date from working.intermediate.int_clock)"
        f" - cast({7 * count} as integer)"
    )


def is_of_one_run(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether dbt left its mark of a whole run in the attached database `working` (macro remember_whole_run)."""
    found = connection.execute(
        "select count(*) from duckdb_tables()"
        " where database_name = 'working' and schema_name = 'raw' and table_name = 'whole_run'"
    ).fetchone()
    return found == (1,)


def replace_file(new: Path, old: Path) -> None:
    """Rename over the published file, once its bytes are on the disk.

    A tool that opened the old one for writing may have left a write-ahead log beside it; the new file would be
    taken for damaged with a log that is not its own.
    """
    sync(new)
    Path(f"{old}.wal").unlink(missing_ok=True)
    os.replace(new, old)


def replace_directory(new: Path, link: Path) -> None:
    """Point the symbolic link `link` at the new folder in one rename.

    A folder cannot be renamed over one that holds files, so what readers see is a link; the folder it pointed at
    before stays until the next publish, for readers that have listed it and not yet opened its files.
    """
    generation = link.with_name(f".{link.name}-{next_generation(link)}")
    os.rename(new, generation)
    new_link = link.with_name(f".{link.name}.link-{os.getpid()}")
    new_link.symlink_to(generation.name)
    os.replace(new_link, link)


def next_generation(link: Path) -> int:
    """One more than the number of the folder that the link points at."""
    return int(os.readlink(link).rsplit("-", 1)[-1]) + 1 if link.is_symlink() else 1


def remove_leftovers(published_file: Path, marts_dir: Path) -> None:
    """Delete what a killed run left behind, and folders of marts older than the one in use."""
    in_use = os.readlink(marts_dir) if marts_dir.is_symlink() else None
    is_ours = in_use is None or re.fullmatch(rf"\.{re.escape(marts_dir.name)}-\d+", in_use)
    if (marts_dir.exists() and in_use is None) or not is_ours:
        raise UserError(f"{marts_dir} is not what a build made; move it away and build again")
    for path in published_file.parent.glob(f"{published_file.name}.new*"):
        path.unlink()
    for path in marts_dir.parent.iterdir():
        if not re.fullmatch(rf"\.{re.escape(marts_dir.name)}(-|\.new-|\.link-)\d+", path.name) or path.name == in_use:
            continue
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def literal(path: Path) -> str:
    """A path as an SQL string."""
    return text_literal(str(path))


def text_literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
