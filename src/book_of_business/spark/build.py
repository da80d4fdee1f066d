"""Build the marts on Spark and export them as files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from book_of_business.building.dbt_runner import Dbt
from book_of_business.building.lock import one_build_at_a_time
from book_of_business.console import error_console, step
from book_of_business.receiving.raw_files import look_at_raw_files
from book_of_business.settings import Settings
from book_of_business.spark.fixtures import give_values
from book_of_business.spark.raw_files import find_raw_files, register_tables
from book_of_business.spark.session import start_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def spark_build(settings: Settings, *, is_tested: bool = False, marts: Sequence[str] = ()) -> Path:
    """Build the models in a local Spark session and export the marts; with `is_tested`, run every test as well.

    Args:
        settings: of the build.
        is_tested: whether tests run.
        marts: those to build, with what they are made of (none: all).

    Returns:
        The folder of the exported marts, `<mart>.parquet` each.

    Raises:
        UserError: whenever the user has to act.
    """
    look_at_raw_files(settings)
    folder = settings.build_dir / "spark"
    folder.mkdir(parents=True, exist_ok=True)
    with one_build_at_a_time(folder):
        finding = find_raw_files(settings, folder / "raw")
        with step("Starting Spark"):
            spark = start_session(folder, settings.raw_data)
        with step("Reading the raw tables"):
            register_tables(spark, finding, folder / "raw")
        dbt = Dbt(settings)
        os.environ.update({"DBT_TARGET": "spark", "DBT_TARGET_PATH": str(folder / "dbt")})
        chosen = ("--select", *(f"+{mart}" for mart in marts)) if marts else ()
        with step("Building the marts on Spark") as progress:
            dbt.run("build", "--exclude-resource-type", "unit_test", "test", *chosen, on_progress=progress)
        with step("Exporting the marts"):
            exported = export_marts(spark, dbt.manifest, folder, marts)
        if is_tested:
            give_values(dbt.manifest)
            with step("Testing on Spark") as progress:
                dbt.run("test", on_progress=progress)
    error_console.print(f"{len(exported)} marts as files: {folder / 'marts'}/<mart>.parquet", markup=False)
    return folder / "marts"


def export_marts(spark: SparkSession, manifest: Any, folder: Path, chosen: Sequence[str] = ()) -> list[str]:
    """Write each mart (of the chosen, if any are) as one Parquet file, its columns in the types of its contract.

    Returns:
        The names of the marts, sorted.
    """
    new = folder / ".marts.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    models = sorted(
        (
            node
            for node in manifest.nodes.values()
            if node.resource_type == "model" and node.schema == "marts" and (not chosen or node.name in chosen)
        ),
        key=lambda node: node.name,
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for model in models:
            parts = folder / "warehouse" / "marts.db" / model.name
            if not parts.is_dir():
                # a view has no files of its own
                parts = folder / "scratch" / "marts" / model.name
                spark.table(f"marts.{model.name}").write.mode("overwrite").parquet(str(parts))
            columns = ", ".join(
                f'cast("{column.name}" as {column.data_type}) as "{column.name}"' for column in model.columns.values()
            )
            connection.execute(
                f"copy (select {columns} from read_parquet('{quoted(parts)}/*.parquet'))"
                f" to '{quoted(new / model.name)}.parquet' (format parquet, compression zstd)"
            )
    shutil.rmtree(folder / "marts", ignore_errors=True)
    new.rename(folder / "marts")
    return [model.name for model in models]


def grains_of_marts(project_dir: Path) -> dict[str, list[str]]:
    """The key columns of each mart, as its YAML has them."""
    import yaml

    grains = {}
    for path in sorted((project_dir / "models" / "marts").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or []:
            # steps that lie beside the triggers are not published
            if not model["name"].startswith("int_"):
                grains[model["name"]] = model["config"]["meta"]["grain"]
    return grains


def quoted(path: Path) -> str:
    """A path inside an SQL string."""
    return str(path).replace("'", "''")
