"""The raw contract as the sources' YAML under models/staging has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RawColumn:
    """One column; `data_type` is varchar, date, timestamp, double, bigint or boolean.

    `is_free_text` marks text that no rule of the contract constrains, `is_typed` what is neither that nor an id,
    `accepted_values` the words of an enumeration.
    """

    name: str
    data_type: str
    is_key: bool
    is_optional: bool
    has_parent: bool
    is_free_text: bool
    is_typed: bool
    accepted_values: tuple[str, ...] = ()

    @property
    def is_id(self) -> bool:
        return self.data_type == "varchar" and (self.has_parent or (self.is_key and self.name.endswith("_id")))


@dataclass(frozen=True)
class RawTable:
    """One table of the contract, its columns in contract order."""

    name: str
    domain: str
    is_required: bool
    columns: tuple[RawColumn, ...]


def read_contract(project_dir: Path) -> list[RawTable]:
    """Every table of the raw contract, by domain in the order of their folders, then as written.

    Raises:
        FileNotFoundError: if there is no sources' YAML below `project_dir`.
    """
    import yaml

    files = sorted((project_dir / "models" / "staging").glob("*/_*__sources.yml"))
    if not files:
        raise FileNotFoundError(f"no models/staging/*/_*__sources.yml in {project_dir}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tables = []
    for file in files:
        for source in yaml.load(file.read_text(encoding="utf-8"), Loader=loader)["sources"]:
            tables.extend(as_table(source["name"], table) for table in source["tables"])
    return tables


def as_table(domain: str, written: dict[str, Any]) -> RawTable:
    """A table of a source as written in YAML."""
    meta = written["config"]["meta"]
    return RawTable(
        name=written["name"],
        domain=domain,
        is_required=meta["is_required"],
        columns=tuple(as_column(column, meta["grain"]) for column in written["columns"]),
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
        is_key=is_key,
        is_optional=meta.get("is_optional", False),
        has_parent="parent" in meta,
        is_free_text=is_text and not is_key and not is_listed and "parent" not in meta,
        is_typed=not is_text or is_listed,
        accepted_values=tuple(meta.get("accepted_values", ())),
    )
