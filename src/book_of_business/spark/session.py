"""A local Spark session that dbt-spark (method `session`) finds and uses, since it is the one of this process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from book_of_business.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What is small is read and written faster by few tasks; each task costs more than its rows.
DEFAULTS = {
    "spark.app.name": "book_of_business",
    "spark.master": "local[2]",
    "spark.driver.memory": "4g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    # tables live as long as the session; what stays are the exported marts
    "spark.sql.catalogImplementation": "in-memory",
    # DuckDB reads the folders of partitions (week=2026-06-22) as text
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # ids differ by case, and so do texts; names of columns do not
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def start_session(folder: Path) -> SparkSession:
    """Start Spark with its tables and scratch files in `folder`, which is emptied.

    `SPARK_CONF` ("name=value name=value") overrides any setting.

    Raises:
        UserError: if Java is not installed.
    """
    from pyspark.sql import SparkSession

    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise UserError("Spark needs Java 17 or 21: install openjdk-17-jre-headless (Debian), or set JAVA_HOME")
    for name in ("warehouse", "scratch"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    settings = {
        **DEFAULTS,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "scratch"),
        **dict(pair.split("=", 1) for pair in os.environ.get("SPARK_CONF", "").split()),
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
