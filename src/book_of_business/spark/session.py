"""A local Spark session that dbt-spark (method `session`) finds and uses, since it is the one of this process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from book_of_business.errors import UserError
from book_of_business.settings import size_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ALWAYS = {
    "spark.app.name": "book_of_business",
    "spark.master": "local[2]",
    "spark.driver.memory": "4g",
    "spark.sql.session.timeZone": "UTC",
    # tables live as long as the session; what stays are the exported marts
    "spark.sql.catalogImplementation": "in-memory",
    # DuckDB reads the folders of partitions (week=2026-06-22) as text
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
# A thousand small queries: planning, compiling and starting tasks cost more than their rows. With one tier Java keeps
# 48 MB of compiled code, which two hundred models fill; after that it compiles nothing more.
SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m",
}
LARGE = {
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.memory": "8g",
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
}
LARGE_BYTES = 200_000_000
# A byte of Parquet holds what some ten bytes of text hold. At 12 MB of it (2,000 accounts, two years) both settings
# took seven minutes beside other work; at 38 MB the small ones were half-way after seven, the large done after six.
PARQUET_WEIGHT = 10


def start_session(folder: Path, raw_data: Path) -> SparkSession:
    """Start Spark with its tables and scratch files in `folder`, which is emptied, fit for the size of `raw_data`.

    `SPARK_CONF` ("name=value name=value") overrides any setting.

    Raises:
        UserError: if Java is not installed.
    """
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise UserError("Spark needs Java 17 or 21: install openjdk-17-jre-headless (Debian), or set JAVA_HOME")
    for name in ("warehouse", "scratch"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    settings = {
        **ALWAYS,
        **(LARGE if is_large(raw_data) else SMALL),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "scratch"),
        **dict(pair.split("=", 1) for pair in os.environ.get("SPARK_CONF", "").split()),
    }
    # a statement that fails is told once, by dbt; this logger prints it with all frames of Java
    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def is_large(raw_data: Path) -> bool:
    """Whether the raw tables are so many rows that compiling their queries pays."""
    parquet = size_of(raw_data, "*.parquet")
    return size_of(raw_data) + (PARQUET_WEIGHT - 1) * parquet > LARGE_BYTES
