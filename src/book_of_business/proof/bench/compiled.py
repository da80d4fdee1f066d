"""The SQL that dbt compiled, run by hand: the same statements in the same order over one connection."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from book_of_business.errors import UserError
from book_of_business.proof.bench.rules import CORE_MARTS
from book_of_business.settings import memory_limit

# Finds the week from which an increment begins; models that keep their earlier weeks come after it, and do not read it.
BOOKKEEPING = "int_rebuild"
KINDS = {"table": "table", "incremental": "table", "view": "view"}


@dataclass(frozen=True)
class Statement:
    """A model as dbt ran it: its relation, what is made of it, and its SQL."""

    model: str
    relation: str
    kind: str
    sql: str
    parents: tuple[str, ...]


def connect(file: Path) -> duckdb.DuckDBPyConnection:
    """A database with the settings of profiles.yml."""
    return duckdb.connect(
        str(file),
        config={
            "memory_limit": memory_limit(),
            "temp_directory": str(file.parent / "spill"),
            "preserve_insertion_order": False,
        },
    )


def read_statements(target: Path) -> list[Statement]:
    """The models of a dbt run, from its artifacts, in the order in which they were finished.

    Raises:
        UserError: if there are none.
    """
    try:
        manifest = json.loads((target / "manifest.json").read_text())
        results = json.loads((target / "run_results.json").read_text())["results"]
    except OSError:
        raise UserError(f"{target} has no artifacts of a dbt run: run the step `dbt` first") from None
    nodes = manifest["nodes"]
    statements = []
    for result in sorted(results, key=lambda each: each["timing"][-1]["completed_at"] if each["timing"] else ""):
        node = nodes.get(result["unique_id"])
        if node and node["resource_type"] == "model" and node["config"]["materialized"] in KINDS:
            statements.append(
                Statement(
                    node["name"],
                    node["relation_name"],
                    KINDS[node["config"]["materialized"]],
                    result.get("compiled_code") or node.get("compiled_code") or "",
                    tuple(parents_of(node["unique_id"], nodes)),
                )
            )
    return statements


def parents_of(unique_id: str, nodes: dict) -> list[str]:
    """Names of the models that a model reads, those behind an ephemeral one included."""
    found = []
    for parent in nodes[unique_id]["depends_on"]["nodes"]:
        node = nodes.get(parent)
        if node and node["resource_type"] == "model":
            found.append(node["name"])
            if node["config"]["materialized"] not in KINDS:
                found += parents_of(parent, nodes)
    return found


def behind_core_marts(statements: list[Statement]) -> list[Statement]:
    """Only what the core marts are made of. Of the signals of risk, only what usage needs."""
    by_name = {statement.model: statement for statement in statements}
    wanted: set[str] = set()
    open_models = [mart for mart in CORE_MARTS if mart in by_name] + ["int_usage_decline__signalled"]
    while open_models:
        model = open_models.pop()
        if model in by_name and model not in wanted:
            wanted.add(model)
            open_models += [parent for parent in by_name[model].parents if parent != BOOKKEEPING]
    return [statement for statement in statements if statement.model in wanted]


def run(statements: list[Statement], built: Path, file: Path) -> list[tuple[float, str]]:
    """Make the relations in a new database, from the raw files and the reference tables of a built one.

    Returns:
        CPU seconds and name of each model, the dearest first.
    """
    told = []
    for leftover in (file, Path(f"{file}.wal")):
        leftover.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    with connect(file) as connection:
        copy_inputs(connection, built)
        for schema in sorted({statement.relation.split(".")[1] for statement in statements}):
            connection.execute(f"create schema if not exists {schema}")
        for statement in statements:
            began = time.process_time()
            connection.execute(f"create {statement.kind} {statement.relation} as {statement.sql}")
            told.append((time.process_time() - began, statement.model))
    return sorted(told, reverse=True)


def copy_inputs(connection: duckdb.DuckDBPyConnection, built: Path) -> None:
    """Views over the raw files, and the small tables that are no models: reference tables and bookkeeping."""
    connection.execute(f"attach '{built}' as built (read_only)")
    for schema in ("raw", "reference"):
        connection.execute(f"create schema if not exists {schema}")
        listed = "select {0}_name from duckdb_{0}s() where database_name = 'built' and schema_name = ?"
        for (table,) in connection.execute(listed.format("table"), [schema]).fetchall():
            connection.execute(f'create table {schema}."{table}" as select * from built.{schema}."{table}"')
        views = "select sql from duckdb_views() where database_name = 'built' and schema_name = ? and not internal"
        for (sql,) in connection.execute(views, [schema]).fetchall():
            connection.execute(sql.replace("CREATE VIEW built.", "CREATE VIEW ", 1))
    connection.execute("detach built")
