"""What a published build says of itself: one row, `reference.build`, and `manifest.json` beside the Parquet files.

Neither has a time: the same content is always published as the same build, whenever and wherever it is built. How old
the content is, as_of_date tells; when it was written, the file system does.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

MANIFEST = "manifest.json"
BUILD_TABLE = "build"
BUILD_COMMENT = "One row: the build that published this file, and what it was made with."
BUILD_COLUMNS = {
    "build_id": ("varchar", "Id of the build: equal ids have equal rows, whenever they were built."),
    "as_of_date": ("date", "Sunday at whose end the book is measured."),
    "first_week_start_date": ("date", "Monday of the first week in the weekly marts."),
    "is_bundled_book": ("boolean", "Whether it shows the demo that comes with the project and not data of your own."),
    "project_version": ("varchar", "Version of Book of Business."),
    "dbt_version": ("varchar", "Version of dbt that built the marts."),
    "duckdb_version": ("varchar", "Version of DuckDB that built the marts."),
    "models_hash": ("varchar", "Changes when a model, a macro or a setting of the project changes."),
    "reference_hash": ("varchar", "Changes when a reference table (thresholds, weights, tiers) changes."),
    "account_weeks": ("bigint", "Weeks in the marts by account and week, count; null: all."),
    "mart_count": ("bigint", "Published marts, count."),
    "row_count": ("bigint", "Rows in all of them, count."),
}
MODEL_PARTS = ("the models", "the macros", "the settings of the project")
ID_LENGTH = 16
Values = dict[str, str | int | bool | datetime.date | None]
# Sums of doubles leave a remainder that depends on the order of adding.
DECIMALS = 6


@dataclass(frozen=True)
class Table:
    """A published table: `schema` and `name`, its Parquet file relative to the folder, and its columns with types."""

    schema: str
    name: str
    file: Path
    columns: tuple[tuple[str, str], ...]
    row_count: int

    @property
    def schema_hash(self) -> str:
        """Changes when a column is added, removed, moved, renamed or of another type."""
        return sha256("\n".join(f"{name} {kind}" for name, kind in self.columns))


def build_row(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], account_weeks: int | None) -> Values:
    """The values of BUILD_COLUMNS: how `working` was built, and what `published` holds; both are attached."""
    found = connection.execute("select kind, name, value from working.raw.finished_run").fetchall()
    of_run = {(kind, name): value for kind, name, value in found}
    marts = [table for table in tables if table.schema == "marts"]
    row = {
        "as_of_date": day(of_run.get(("clock", "as_of_date"))),
        "first_week_start_date": day(of_run.get(("clock", "first_week_start_date"))),
        "is_bundled_book": of_run.get(("build", "is_bundled_book")) == "true",
        "project_version": of_run.get(("build", "project_version")),
        "dbt_version": of_run.get(("build", "dbt_version")),
        "duckdb_version": (of_run.get(("project", "the version of DuckDB")) or "").removeprefix("v"),
        "models_hash": sha256("\n".join(str(of_run.get(("project", part))) for part in MODEL_PARTS))[:ID_LENGTH],
        "reference_hash": sha256(str(of_run.get(("project", "the reference tables"))))[:ID_LENGTH],
        "account_weeks": account_weeks,
        "mart_count": len(marts),
        "row_count": sum(table.row_count for table in marts),
    }
    contents = [f"{table.schema}.{table.name} {table.schema_hash} {content_of(connection, table)}" for table in tables]
    return {"build_id": sha256("\n".join([as_json(row), *contents]))[:ID_LENGTH], **row}


def content_of(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """A text that is the same for the same rows in any order.

    Doubles count to nine digits of their sum: their last digits depend on the order of adding, which two threads do not
    keep. In the sum each is weighed by the rest of its row, so that values that change places are noticed; the root
    keeps sums of amounts off the middle between two nine-digit numbers, from which they could be rounded either way.
    """
    doubles = [identifier(name) for name, kind in table.columns if kind == "DOUBLE"]
    others = [identifier(name) for name, kind in table.columns if kind != "DOUBLE"]
    row_hash = f"hash({', '.join([*others, *(f'{name} is null' for name in doubles)])})"
    sums = ["sum(row_hash)", *(f"fsum({name} * sqrt(1 + row_hash % 1000))" for name in doubles)]
    (whole, *parts) = connection.execute(
        f"select {', '.join(sums)}"
        f" from (select *, {row_hash} as row_hash from published.{table.schema}.{identifier(table.name)})"
    ).fetchone()
    return " ".join([str(table.row_count), str(whole), *(nine_digits(part) for part in parts)])


def nine_digits(number: float | None) -> str:
    """A number without what arithmetic leaves at its end, or around zero."""
    return f"{round(number or 0, DECIMALS) + 0:.8e}"


def write_manifest(folder: Path, row: Values, tables: Sequence[Table]) -> None:
    """Write `manifest.json` last, once every file that it lists is on the disk.

    `build` has the values of BUILD_COLUMNS; `files` has, of each Parquet file, schema, table, file (relative to the
    manifest), rows, bytes, sha256, schema_hash and columns with their DuckDB types.
    """
    files = [
        {
            "schema": table.schema,
            "table": table.name,
            "file": table.file.as_posix(),
            "rows": table.row_count,
            "bytes": (folder / table.file).stat().st_size,
            "sha256": file_sha256(folder / table.file),
            "schema_hash": table.schema_hash,
            "columns": dict(table.columns),
        }
        for table in tables
    ]
    (folder / MANIFEST).write_text(as_json({"build": row, "files": files}) + "\n", encoding="utf-8")
    sync(folder / MANIFEST)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, which is on the disk afterwards."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    sync(path)
    return digest


def sync(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sha256(text: str) -> str:
    """SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_json(value: object) -> str:
    """A value as JSON for people: dates as text, letters of any script as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def day(text: str | None) -> datetime.date | None:
    """A date that was kept as text."""
    return datetime.date.fromisoformat(text) if text else None


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
