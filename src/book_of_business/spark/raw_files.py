"""Raw files as Spark tables. DuckDB finds and reads them by the project's own macros, so both engines read the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from book_of_business.building.dbt_runner import plain
from book_of_business.errors import UserError
from book_of_business.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def find_raw_files(settings: Settings, folder: Path) -> subprocess.Popen[str]:
    """Start the registration on DuckDB, in `folder`: it costs seconds, in which Spark starts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "working.duckdb").unlink(missing_ok=True)
    environment = {
        **os.environ,
        **settings.environment(),
        "BUILD_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "dbt"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    command = ["run-operation", "register_raw_data", "--target", "duckdb", "--no-write-json"]
    return subprocess.Popen(
        [Path(sys.executable).with_name("dbt"), "--quiet", "--no-use-colors", *command],
        cwd=settings.project_dir,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def register_tables(spark: SparkSession, finding: subprocess.Popen[str], folder: Path) -> list[str]:
    """Make each raw table that was found a table of database `raw`, under the contract's names for its columns.

    Parquet stays where it is, unless a column of it is called otherwise; that and CSV are copied once. The names as
    received stand in the table raw.received_columns.

    Returns:
        The tables, sorted.

    Raises:
        UserError: with what DuckDB found missing.
    """
    said, _ = finding.communicate()
    if finding.returncode:
        raise UserError(plain(re.sub(r"^.*?(?=The raw data in)", "", said, flags=re.DOTALL)))
    copies = folder / "tables"
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir(parents=True)
    # a session may have built another book before
    spark.sql("drop database if exists raw cascade")
    spark.sql("create database raw")
    tables = []
    with duckdb.connect(str(folder / "working.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        views = connection.execute(
            "select view_name from duckdb_views() where schema_name = 'raw' and not internal order by 1"
        ).fetchall()
        for (table,) in views:
            files = connection.execute("select file_name from raw.registered_files where table_name = ?", [table])
            paths = [name for (name,) in files.fetchall()]
            if not paths or is_renamed(connection, table):
                copy = copies / f"{table}.parquet"
                connection.execute(
                    f"copy raw.\"{table}\" to '{str(copy).replace(chr(39), chr(39) * 2)}' (format parquet)"
                )
                paths = [str(copy)]
            register(spark, table, paths)
            tables.append(table)
        names = copies / "received_columns.parquet"
        connection.execute(
            "copy (select table_name, column_name, received_name, position from raw.registered_columns)"
            f" to '{str(names).replace(chr(39), chr(39) * 2)}' (format parquet)"
        )
        register(spark, "received_columns", [str(names)])
    return tables


def is_renamed(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether DuckDB's view gives a column of a raw table another name than its files."""
    query = "select count(*) from raw.registered_columns where table_name = ? and lower(received_name) != column_name"
    return connection.execute(query, [table]).fetchall() != [(0,)]


def register(spark: SparkSession, table: str, paths: list[str]) -> None:
    """One raw table over its file, or over the folder that holds its files: folders such as week=2026-06-22 prune."""
    location = os.path.commonpath(paths)
    frame = spark.catalog.createTable(f"raw.{table}", path=location, source="parquet", mergeSchema="true")
    if any(f"/{name}=" in paths[0].removeprefix(location) for name in frame.columns):
        spark.catalog.recoverPartitions(f"raw.{table}")
