"""The raw contract: the one reader of models/staging/<domain>/_<domain>__sources.yml, where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RawColumn:
    """One column; `data_type` is varchar, date, timestamp, double, bigint or boolean.

    `is_free_text` marks text that no rule of the contract constrains, `is_typed` what is neither that nor an id,
    `accepted_values` the words of an enumeration; `parent` is the table in which the value has to be a key (null:
    none). `meta` has every rule as written.
    """

    name: str
    data_type: str
    description: str
    is_key: bool
    is_optional: bool
    parent: str | None
    is_free_text: bool
    is_typed: bool
    accepted_values: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_id(self) -> bool:
        return self.data_type == "varchar" and (bool(self.parent) or (self.is_key and self.name.endswith("_id")))


@dataclass(frozen=True)
class RawTable:
    """One table of the contract, its columns in contract order; `meta` has every rule as written."""

    name: str
    domain: str
    description: str
    is_required: bool
    columns: tuple[RawColumn, ...]
    meta: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def grain(self) -> tuple[str, ...]:
        return tuple(self.meta["grain"])


@dataclass(frozen=True)
class RawDomain:
    """The tables of one folder under models/staging; `path` of the YAML is relative to the project."""

    name: str
    description: str
    path: str
    tables: tuple[RawTable, ...]


def read_contract(project_dir: Path) -> list[RawTable]:
    """Every table of the raw contract, by domain in the order of their folders, then as written.

    Raises:
        FileNotFoundError: if there is no sources' YAML below `project_dir`.
    """
    return [table for domain in read_domains(project_dir) for table in domain.tables]


def read_domains(project_dir: Path) -> list[RawDomain]:
    """Every domain of the raw contract, in the order of their folders.

    Raises:
        FileNotFoundError: if there is no sources' YAML below `project_dir`.
    """
    import yaml

    files = sorted((project_dir / "models" / "staging").glob("*/_*__sources.yml"))
    if not files:
        raise FileNotFoundError(f"no models/staging/*/_*__sources.yml in {project_dir}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [
        RawDomain(
            name=source["name"],
            description=source["description"],
            path=file.relative_to(project_dir).as_posix(),
            tables=tuple(as_table(source["name"], table) for table in source["tables"]),
        )
        for file in files
        for source in yaml.load(file.read_text(encoding="utf-8"), Loader=loader)["sources"]
    ]


def as_table(domain: str, written: dict[str, Any]) -> RawTable:
    """A table of a source as written in YAML."""
    meta = written["config"]["meta"]
    return RawTable(
        name=written["name"],
        domain=domain,
        description=written["description"],
        is_required=meta["is_required"],
        columns=tuple(as_column(column, meta["grain"]) for column in written["columns"]),
        meta=meta,
    )


def as_column(written: dict[str, Any], keys: list[str]) -> RawColumn:
    """A column of a table as written in YAML; `keys` are the columns of the table's grain."""
    meta = written.get("config", {}).get("meta", {})
    is_key = written["name"] in keys
    is_listed = bool({"accepted_from", "accepted_values"} & set(meta))
    is_text = written["data_type"] == "varchar"
    return RawColumn(
        name=written["name"],
        data_type=written["data_type"],
        description=written["description"],
        is_key=is_key,
        is_optional=meta.get("is_optional", False),
        parent=meta.get("parent"),
        is_free_text=is_text and not is_key and not is_listed and "parent" not in meta,
        is_typed=not is_text or is_listed,
        accepted_values=tuple(meta.get("accepted_values", ())),
        meta=meta,
    )
