"""What a measurement was made on: without it a number of seconds says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil

from book_of_business.settings import memory_limit

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "numpy", "pyarrow")
SPARK_PACKAGES = ("pyspark", "dbt-spark")  # in an environment of their own


def facts(project_dir: Path) -> dict[str, object]:
    """Processor, cores, memory, system, versions and the commit, as plain JSON values."""
    spark_packages = [str(path) for path in project_dir.glob(".venv-spark/lib/python*/site-packages")]
    versions = {"python": platform.python_version()}
    versions |= {package: version(package, sys.path) for package in PACKAGES}
    versions |= {package: version(package, spark_packages) for package in SPARK_PACKAGES}
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "memory_limit": memory_limit(),
        "versions": versions,
        "commit": commit(project_dir),
    }


def version(package: str, places: list[str]) -> str:
    """Version of an installed package; of the first place that has it."""
    found = metadata.distributions(name=package, path=places)
    return next((distribution.version for distribution in found), "not here")


def processor() -> str:
    """Name of the processor."""
    about = Path("/proc/cpuinfo")
    if about.is_file():
        for line in about.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def commit(project_dir: Path) -> str:
    """The commit of the checkout, with a + when something is changed in it; empty outside of git."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=project_dir, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return told.stdout.strip()
