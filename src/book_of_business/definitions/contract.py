"""The raw contract as a reader looks it up: tables and columns with their rules in words, from the sources' YAML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book_of_business.definitions.measures import Threshold, load_yaml

TYPES = {
    "varchar": "text",
    "double": "number",
    "bigint": "whole number",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class ContractColumn:
    """A column: `mark` is empty, `?` or `~`; `rules` are sentences without their full stops."""

    name: str
    data_type: str
    is_key: bool
    mark: str
    description: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class ContractTable:
    """A table; `without_it` says what cannot be measured when it is absent, null where that was not written."""

    name: str
    is_required: bool
    description: str
    grain: tuple[str, ...]
    without_it: str | None
    columns: tuple[ContractColumn, ...]


@dataclass(frozen=True)
class Domain:
    """The tables of one folder under models/staging."""

    name: str
    description: str
    path: str
    tables: tuple[ContractTable, ...]


def read_domains(project_dir: Path, thresholds: dict[str, Threshold]) -> list[Domain]:
    """Every domain of the raw contract, the one with the required tables first."""
    domains = []
    for path in sorted((project_dir / "models" / "staging").glob("*/_*__sources.yml")):
        for source in load_yaml(path)["sources"]:
            domains.append(
                Domain(
                    name=source["name"],
                    description=source["description"],
                    path=path.relative_to(project_dir).as_posix(),
                    tables=tuple(as_table(table, thresholds) for table in source["tables"]),
                )
            )
    return sorted(domains, key=lambda domain: -sum(table.is_required for table in domain.tables))


def as_table(written: dict[str, Any], thresholds: dict[str, Threshold]) -> ContractTable:
    """A table as the YAML has it."""
    meta = written["config"]["meta"]
    return ContractTable(
        name=written["name"],
        is_required=meta["is_required"],
        description=written["description"],
        grain=tuple(meta["grain"]),
        without_it=meta.get("without_it"),
        columns=tuple(as_column(column, meta["grain"], thresholds) for column in written["columns"]),
    )


def as_column(written: dict[str, Any], grain: list[str], thresholds: dict[str, Threshold]) -> ContractColumn:
    """A column as the YAML has it."""
    meta = written.get("config", {}).get("meta", {})
    mark = "~" if meta.get("is_measure") else "?" if meta.get("is_optional") else ""
    return ContractColumn(
        name=written["name"],
        data_type=TYPES[written["data_type"]],
        is_key=written["name"] in grain,
        mark=mark,
        description=written["description"],
        rules=tuple(rules_of(meta, thresholds)),
    )


def rules_of(meta: dict[str, Any], thresholds: dict[str, Threshold]) -> list[str]:
    """The rules of a column in words."""
    rules = []
    if "accepted_values" in meta:
        rules.append("one of " + ", ".join(f"`{value}`" for value in meta["accepted_values"]))
    if "accepted_from" in meta:
        table = meta["accepted_from"]
        rules.append(f"a value of [`{table}`](../seeds/reference/{table}.csv)")
    if "parent" in meta:
        rules.append(f"a row of [`{meta['parent']}`](#{meta['parent']})")
    if "ranges" in meta:
        spans = (f"{low} to {high} for `{value}`" for value, (low, high) in meta["ranges"].items())
        rules.append(", ".join(spans))
    if "maximum_from" in meta:
        limit = thresholds[meta["maximum_from"]]
        rules.append(f"{meta['minimum']} to {limit.value} (`{limit.name}`)")
    elif "minimum" in meta and "maximum" in meta:
        rules.append(f"{meta['minimum']} to {meta['maximum']}")
    elif "minimum" in meta:
        rules.append(f"at least {meta['minimum']}")
    if "above" in meta:
        rules.append(f"above {meta['above']}")
    if "not_before" in meta:
        rules.append(f"not before `{meta['not_before']}`")
    if "reserved_value" in meta:
        rules.append(f"not `{meta['reserved_value']}`")
    if "without_it" in meta:
        rules.append(f"without it, {meta['without_it']}")
    return rules
