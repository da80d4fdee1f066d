"""Keys that dbt 1.11 knows, by the place they stand in. It passes over any other in silence."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from book_of_business.definitions.measures import META as DEFINITION_META
from book_of_business.proof.project_check.project import Problem, Project, YamlFile

DATA_TEST_CONFIG = {
    *("alias", "database", "enabled", "error_if", "fail_calc", "group", "limit", "meta", "schema", "severity"),
    *("store_failures", "store_failures_as", "tags", "warn_if", "where"),
}
NODE_CONFIG = {
    *("access", "alias", "batch_size", "begin", "concurrent_batches", "contract", "database", "docs", "enabled"),
    *("event_time", "full_refresh", "grants", "group", "incremental_predicates", "incremental_strategy"),
    *("indexes", "location", "materialized", "merge_exclude_columns", "merge_update_columns", "meta"),
    *("on_configuration_change", "on_schema_change", "options", "packages", "partitioned_by", "persist_docs"),
    *("post_hook", "pre_hook", "quoting", "schema", "snowflake_warehouse", "sorted_by", "tags", "unique_key"),
}
NODE = {"name", "description", "config", "columns", "data_tests", "docs"}
TOP = {"version", "models", "seeds", "sources", "unit_tests", "macros", "exposures", "data_tests"}

# What a description of a row of the raw contract may say (`config.meta`); the macros of staging read it.
TABLE_META = {
    *("grain", "is_required", "without_it", "range_by"),
    *("matters_from", "matters_with", "matters_where"),
    *("is_kept_whole", "looked_at_by_week"),
}
COLUMN_META = {
    *(
        "is_optional",
        "parent",
        "minimum",
        "maximum",
        "maximum_from",
        "above",
        "not_before",
        "accepted_values",
        "accepted_from",
    ),
    *("reserved_value", "ranges", "range_by", "without_it", "matters_from", "is_label", "is_measure"),
}

KNOWN: dict[str, set[str]] = {
    "file": TOP,
    "model": NODE | {"access", "constraints", "group", "latest_version", "time_spine", "versions"},
    "model config": NODE_CONFIG,
    "model meta": {"grain"},
    "seed": NODE,
    "seed config": NODE_CONFIG | {"column_types", "delimiter", "quote_columns"},
    "seed meta": {"grain"},
    "column": {
        *("name", "description", "data_type", "data_tests", "config", "constraints", "dimension", "entity"),
        *("granularity", "quote"),
    },
    "column config": {"meta", "tags"},
    "column meta": DEFINITION_META,
    "constraint": {"type", "columns", "expression", "name", "to", "to_columns", "warn_unenforced", "warn_unsupported"},
    "data test": {"name", "description", "arguments", "config"},
    "data test config": DATA_TEST_CONFIG,
    "source": {"name", "description", "config", "database", "loader", "quoting", "schema", "tables"},
    "source config": {"enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags"},
    "table": NODE | {"external", "identifier", "loader", "quoting"},
    "table config": {"enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags"},
    "table meta": TABLE_META,
    "contract column config": {"meta", "tags"},
    "contract column meta": COLUMN_META,
    "unit test": {"name", "description", "model", "given", "expect", "overrides", "config", "versions"},
    "unit test config": {"enabled", "meta", "tags"},
    "unit test input": {"input", "rows", "format", "fixture"},
    "unit test expectation": {"rows", "format", "fixture"},
    "unit test overrides": {"macros", "vars", "env_vars"},
}


def check(project: Project) -> Iterator[Problem]:
    """YAML that cannot be read, and keys that dbt does not know where they stand."""
    for file in project.yaml_files:
        if file.fault:
            yield Problem(file.path, file.fault, "mend it; dbt reads nothing of it")
        elif file.content is not None:
            yield from unknown_keys(file)


def unknown_keys(file: YamlFile) -> Iterator[Problem]:
    """Walk one file from its top."""
    yield from of_place(file, file.content, "file", "the file")
    for model in file.entries("models"):
        yield from of_node(file, model, "model", "column")
    for seed in file.entries("seeds"):
        yield from of_node(file, seed, "seed", "column")
    for source in file.entries("sources"):
        name = f"source {source.get('name')}"
        yield from of_place(file, source, "source", name)
        yield from of_place(file, source.get("config", {}), "source config", f"config of {name}")
        for table in listed(source, "tables"):
            yield from of_node(file, table, "table", "contract column")
    for unit_test in file.entries("unit_tests"):
        yield from of_unit_test(file, unit_test)


def of_node(file: YamlFile, node: dict[str, Any], kind: str, column_kind: str) -> Iterator[Problem]:
    """A model, seed or source table with its config, tests and columns."""
    name = f"{kind} {node.get('name')}"
    yield from of_place(file, node, kind, name)
    yield from of_config(file, node, kind, name)
    yield from of_data_tests(file, node, name)
    for constraint in listed(node, "constraints"):
        yield from of_place(file, constraint, "constraint", f"a constraint of {name}")
    for column in listed(node, "columns"):
        column_name = f"column {column.get('name')}"
        yield from of_place(file, column, "column", column_name)
        yield from of_config(file, column, column_kind, column_name)
        yield from of_data_tests(file, column, column_name)
        for constraint in listed(column, "constraints"):
            yield from of_place(file, constraint, "constraint", f"a constraint of {column_name}")


def of_config(file: YamlFile, node: dict[str, Any], kind: str, name: str) -> Iterator[Problem]:
    """`config` and, where its keys are the project's own, `config.meta`."""
    config = node.get("config", {})
    yield from of_place(file, config, f"{kind} config", f"config of {name}")
    if isinstance(config, dict) and "meta" in config and f"{kind} meta" in KNOWN:
        yield from of_place(file, config["meta"], f"{kind} meta", f"config.meta of {name}")


def of_data_tests(file: YamlFile, node: dict[str, Any], name: str) -> Iterator[Problem]:
    """`data_tests:` of a node or column: a test's own arguments stand under `arguments`."""
    tests = node.get("data_tests", [])
    if not isinstance(tests, list):
        yield Problem(file.path, f"data_tests of {name} is no list", "write one `- test:` a line")
        return
    for test in tests:
        if isinstance(test, dict):
            for test_name, body in test.items():
                place = f"data test {test_name} of {name}"
                yield from of_place(file, body or {}, "data test", place)
                if isinstance(body, dict):
                    yield from of_place(file, body.get("config", {}), "data test config", f"config of {place}")


def of_unit_test(file: YamlFile, unit_test: dict[str, Any]) -> Iterator[Problem]:
    """A unit test with its inputs and its expectation."""
    name = f"unit test {unit_test.get('name')}"
    yield from of_place(file, unit_test, "unit test", name)
    for given in listed(unit_test, "given"):
        yield from of_place(file, given, "unit test input", f"an input of {name}")
    parts = (("expect", "unit test expectation"), ("overrides", "unit test overrides"), ("config", "unit test config"))
    for key, kind in parts:
        yield from of_place(file, unit_test.get(key, {}), kind, f"{key} of {name}")


def of_place(file: YamlFile, mapping: Any, kind: str, place: str) -> Iterator[Problem]:
    """The keys of one mapping."""
    if not isinstance(mapping, dict):
        yield Problem(file.path, f"{place} is no mapping", "write `key: value` pairs")
        return
    known = KNOWN[kind]
    for key in mapping:
        if key in known:
            continue
        if key == "tests":
            yield Problem(file.path, f"`tests` in {place} is the old name", "write data_tests")
            continue
        near = get_close_matches(str(key), known, n=1)
        to_do = f"write {near[0]}" if near else f"put it under config.meta, or use one of {', '.join(sorted(known))}"
        yield Problem(file.path, f"dbt does not know `{key}` in {place}", to_do)


def listed(mapping: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings in a list; empty where there is none."""
    entries = mapping.get(key)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
