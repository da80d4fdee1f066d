"""A table of the raw contract that macros/staging/raw_tables.sql does not name would go stale in silence."""

from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
Tables = list[tuple[str, str]]


class CompilerError(Exception):
    """What dbt raises."""


def described_tables() -> Tables:
    """(source, table) of all sources' YAML."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROOT.glob("models/staging/*/_*__sources.yml")]
    sources = [source for file in files for source in file["sources"]]
    return [(source["name"], table["name"]) for source in sources for table in source["tables"]]


def raw_tables(described: Tables) -> Tables:
    """What the macro answers when dbt knows these tables."""

    def stop(message: str) -> None:
        raise CompilerError(message)

    answers: list[Tables] = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals.update(
        {
            "return": answers.append,
            "execute": True,
            "exceptions": SimpleNamespace(raise_compiler_error=stop),
            "contract_tables": lambda: [SimpleNamespace(source_name=domain, name=name) for domain, name in described],
        }
    )
    text = (ROOT / "macros/staging/raw_tables.sql").read_text(encoding="utf-8")
    environment.from_string(text + "{% do raw_tables() %}").render()
    return answers[0]


def test_every_table_of_the_contract_is_named() -> None:
    assert sorted(raw_tables(described_tables())) == sorted(described_tables())


def test_a_table_that_is_described_and_not_named_stops_the_run() -> None:
    with pytest.raises(CompilerError, match=r"crm/_crm__sources\.yml describes the table invoices.*raw_tables\.sql"):
        raw_tables([*described_tables(), ("crm", "invoices")])


def test_a_table_that_is_named_and_not_described_stops_the_run() -> None:
    with pytest.raises(CompilerError, match=r"raw_tables\.sql names support\.tickets, which no sources YAML describes"):
        raw_tables([table for table in described_tables() if table != ("support", "tickets")])
