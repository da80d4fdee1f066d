"""Columns: those that the YAML says are those that were built, and a measure's name tells its unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from book_of_business.proof.project_check.allowances import COLUMN_NAMES, COLUMNS_FROM_CONTRACT
from book_of_business.proof.project_check.project import Problem, Project
from book_of_business.proof.project_check.use import allows
from book_of_business.proof.project_check.yaml_keys import listed

WINDOW = r"(_(last|next)_\d+_(days|weeks|quarters))?"
UNITS = "count|usd|hours|minutes|days|ratio|share|score|weight|index|rank"
NUMBERS = {"double", "bigint", "integer", "decimal", "hugeint", "float"}


def column_names(project: Project) -> Iterator[Problem]:
    """What is a number, a flag or a date shows in the name: nobody divides hours by minutes that way."""
    rules = {
        "boolean": (r"(is|has)_\w+", "start it with is_ or has_"),
        "date": (r"\w+_(on|date)", "end it in _on (an event) or _date (a calendar key)"),
        "timestamp": (r"\w+_at", "end it in _at"),
    }
    number = (rf"\w+_({UNITS}){WINDOW}", f"end it in its unit: {UNITS.replace('|', ', ')}")
    for file, entry in project.model_yaml.values():
        if not file.path.startswith("models/marts/") or str(entry.get("name")).startswith("int_"):
            continue
        for column in listed(entry, "columns"):
            name, data_type = str(column.get("name")), str(column.get("data_type", "")).lower()
            is_number = re.sub(r"\(.*", "", data_type) in NUMBERS
            if is_number and column.get("config", {}).get("meta", {}).get("is_attribute"):
                continue
            rule = number if is_number else rules.get(data_type)
            if rule and not re.fullmatch(rule[0], name) and not allows(project, COLUMN_NAMES, file.path, name):
                yield Problem(file.path, f"the {data_type} column {name} does not say what it is", rule[1])


def columns_built(project: Project, working_file: Path) -> Iterator[Problem]:
    """Columns in YAML = columns built, names and types: dbt checks that only where a contract is enforced."""
    built = columns_of(working_file)
    for name, (file, entry) in sorted(project.model_yaml.items()):
        if name not in built:
            yield Problem(file.path, f"{name} was not built in {working_file}", "build all models, then check again")
            continue
        described = [str(column.get("name")) for column in listed(entry, "columns")]
        for column, count in Counter(described).items():
            if count > 1:
                yield Problem(file.path, f"column {column} of {name} stands {count} times", "keep one")
        for column in sorted(set(described) - set(built[name])):
            yield Problem(file.path, f"{name} has no column {column}", "delete it here, or build it")
        if allows(project, COLUMNS_FROM_CONTRACT, file.path, "columns"):
            continue
        for column in sorted(set(built[name]) - set(described)):
            yield Problem(file.path, f"column {column} of {name} is not described", "describe it, or do not build it")
        for column in listed(entry, "columns"):
            said, is_type = str(column.get("data_type", "")).lower(), built[name].get(str(column.get("name")))
            if is_type and said != is_type:
                what = f"column {column.get('name')} of {name} is {is_type}, not {said or 'without a type'}"
                yield Problem(file.path, what, f"write data_type: {is_type}, or cast it")


def columns_of(working_file: Path) -> dict[str, dict[str, str]]:
    """{relation: {column: type}} of the schemas that dbt builds.

    Raises:
        duckdb.Error: if the file cannot be opened.
    """
    import duckdb

    with duckdb.connect(str(working_file), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, column_name, lower(data_type) from information_schema.columns"
            " where table_schema in ('staging', 'intermediate', 'marts') order by table_name, ordinal_position"
        ).fetchall()
    relations: dict[str, dict[str, str]] = {}
    for relation, column, data_type in rows:
        relations.setdefault(relation, {})[column] = data_type
    return relations
