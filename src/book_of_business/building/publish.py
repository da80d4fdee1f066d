"""Publish: the marts of a working file become the file that everyone reads, in one rename.

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

from book_of_business.errors import UserError
from book_of_business.settings import memory_limit, new_file_of

MARTS_SCHEMA = "marts"
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

    Both are replaced whole: a run that is killed leaves the old ones as they were, and what it left half-done is
    removed by the next.

    Returns:
        The names of the marts, sorted.

    Raises:
        UserError: if the working file is absent or has no marts.
    """
    copied = copy_marts(working_file, published_file, marts_dir, account_weeks)
    replace(copied, published_file, marts_dir)
    return copied.marts


def copy_marts(working_file: Path, published_file: Path, marts_dir: Path, account_weeks: int | None = None) -> Copy:
    """Copy every mart of schema `marts` to a file and a folder beside the published ones.

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
    new_marts_dir.mkdir(parents=True)
    limits = {"temp_directory": str(published_file.parent / "spill"), "memory_limit": memory_limit()}
    with duckdb.connect(config=limits) as connection:
        connection.execute(f"attach {literal(working_file)} as working (read_only)")
        marts = mart_names(connection)
        views = mart_names(connection, "VIEW")
        if not marts:
            raise UserError(f"there is nothing to publish: {working_file} has no marts; run `make build` first")
        if not is_of_one_run(connection):
            raise UserError(
                f"the marts in {working_file} are not those of one whole run: a run was stopped, failed, or built a"
                " selection; run `make build`, or `dbt build` without --select"
            )
        connection.execute(f"attach {literal(new_file)} as published (storage_version '{STORAGE_VERSION}')")
        connection.execute(f"create schema published.{MARTS_SCHEMA}")
        for mart in marts:
            table = f"{MARTS_SCHEMA}.{identifier(mart)}"
            recent = recent_weeks(account_weeks) if account_weeks and mart in views else ""
            connection.execute(f"create table published.{table} as select * from working.{table} {recent}")
            parquet_file = literal(new_marts_dir / f"{mart}.parquet")
            connection.execute(f"copy published.{table} to {parquet_file} (format parquet, compression zstd)")
        connection.execute("detach published")
    return Copy(marts, new_file, new_marts_dir)


def replace(copied: Copy, published_file: Path, marts_dir: Path) -> None:
    """Let readers see what was copied: two renames."""
    replace_file(copied.file, published_file)
    replace_directory(copied.folder, marts_dir)


def mart_names(connection: duckdb.DuckDBPyConnection, table_type: str = "%") -> list[str]:
    """Names of the tables and views in schema `marts` of the attached database `working`, sorted."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'working' and table_schema = ? and table_type like ? order by 1",
        [MARTS_SCHEMA, table_type],
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
    with new.open("rb") as handle:
        os.fsync(handle.fileno())
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
    return "'" + str(path).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
