"""The committed suites: in step with the raw contract, complete, and of sane severity."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT

from book_of_business.validation.contract import read_contract
from book_of_business.validation.edge_suites import as_text, edge_suite
from book_of_business.validation.forms import form_sql, look_sql, share_sql

SUITES = ROOT / "expectations" / "suites"
FILES = sorted(SUITES.glob("*.json"))


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", read_contract(ROOT), ids=lambda table: table.name)
def test_the_edge_suite_of_a_table_is_in_step_with_its_contract(table) -> None:
    file = SUITES / f"edge_{table.name}.json"
    again = "run `python -m book_of_business.validation suites`"
    assert file.read_text(encoding="utf-8") == as_text(edge_suite(table)), again


def test_there_is_no_suite_of_another_table() -> None:
    assert {file.stem for file in SUITES.glob("edge_*")} == {f"edge_{table.name}" for table in read_contract(ROOT)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_suite_has_no_ids_and_every_expectation_words_remedy_and_severity(file: Path) -> None:
    suite = read(file)
    assert suite["name"] == file.stem
    assert "id" not in suite
    for expectation in suite["expectations"]:
        assert "id" not in expectation
        assert expectation["severity"] in ("critical", "warning")
        assert expectation["description"]
        assert expectation["meta"]["remedy"]


def test_only_csms_and_accounts_have_critical_expectations() -> None:
    critical = {
        read(file)["meta"]["table"]
        for file in FILES
        for expectation in read(file)["expectations"]
        if expectation["severity"] == "critical"
    }
    assert critical == {"csms", "accounts"}


@pytest.fixture(scope="module")
def marts() -> dict[str, set[str]]:
    """The columns of every mart, from its YAML."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = (ROOT / "models" / "marts").glob("*/*.yml")
    documents = [yaml.load(file.read_text(), Loader=loader) for file in files]
    models = [model for document in documents for model in document.get("models", [])]
    return {model["name"]: {column["name"] for column in model["columns"]} for model in models}


@pytest.mark.parametrize("file", sorted(SUITES.glob("drift_*.json")), ids=lambda file: file.stem)
def test_a_drift_suite_names_a_mart_and_its_columns(file: Path, marts: dict[str, set[str]]) -> None:
    suite = read(file)
    named = {expectation["kwargs"].get("column") for expectation in suite["expectations"]} - {None}
    assert named <= marts[suite["meta"]["table"]]


CASES = [
    ("date", "2026-03-31", True),
    ("date", "31/03/2026", False),
    ("date", "2026-3-31", False),
    ("date", "2026-02-30", False),
    ("timestamp", "2026-03-31T14:05:00Z", True),
    ("timestamp", "2026-03-31 14:05", True),
    ("timestamp", "2026-03-31", True),
    ("timestamp", "14:05", False),
    ("double", "-1.5e3", True),
    ("double", "1,234.5", False),
    ("double", "$5", False),
    ("double", "nan", False),
    ("bigint", "12", True),
    ("bigint", "12.0", False),
    ("boolean", "true", True),
    ("boolean", "Yes", False),
    ("varchar", "anything", True),
]


@pytest.mark.parametrize(("data_type", "value", "is_kept"), CASES)
def test_a_form_is_what_staging_reads(data_type: str, value: str, is_kept: bool) -> None:
    query = f"select {form_sql('value', data_type)} from (select cast(? as varchar) as value)"
    assert duckdb.execute(query, [value]).fetchone() == (is_kept,)


@pytest.mark.parametrize("native", ["date '2026-01-01'", "timestamp '2026-01-01 10:00:00'", "timestamptz '2026-01-01'"])
def test_native_types_have_their_form(native: str) -> None:
    for measure, argument in (("usable", "timestamp"), ("outside", "2026-01-02/9999-12-31"), ("filled", None)):
        query = f"select {share_sql('value', measure, argument)} from (select {native} as value)"
        assert duckdb.execute(query).fetchone() == (1.0,)


@pytest.mark.parametrize(
    ("measure", "argument", "values", "expected"),
    [
        ("filled", None, ["a", "", None, "b"], 0.5),
        ("usable", "date", ["2026-01-01", "x", "", None], 0.25),
        ("form", "date", ["2026-01-01", "x", "", None], 0.5),
        ("equal", "true", ["true", "false", None, "true"], 0.5),
        ("outside", "1980-01-01/2026-06-28", ["1970-01-01", "2026-06-28T23:59:59Z", "2027-01-01", "x"], 0.5),
        ("altered", None, [" a", "a ", "1.2E+11", "#N/A", "007", "a b", "E+1", "1e5"], 0.5),
        (
            "damaged",
            None,
            ["CafÃ©", "Ã\u2013BB", "donâ€™t", "x\ufffd", "Café", "SÃO PAULO", "ÂNGELA", "日本 \u2013 🚀"],
            0.5,
        ),
        ("constant", None, ["5", "5", "", None], 1.0),
        ("constant", None, ["5", "6"], 0.0),
        ("form", "date", ["", None], None),
        ("filled", None, [], None),
    ],
)
def test_a_share_counts_what_it_says(measure: str, argument: str | None, values: list, expected: float | None) -> None:
    query = f"select {share_sql('value', measure, argument)} from (select unnest(cast(? as varchar[])) as value)"
    assert duckdb.execute(query, [values]).fetchone() == (expected,)


def test_a_share_of_too_few_values_is_null() -> None:
    for measure in ("filled", "form", "constant"):
        query = f"select {share_sql('value', measure, 'date', 3)} from (select unnest(['a', 'b']) as value)"
        assert duckdb.execute(query).fetchone() == (None,)


def test_an_unknown_measure_is_an_error() -> None:
    with pytest.raises(ValueError, match="no measure"):
        share_sql("value", "colour")


def test_a_look_keeps_no_letter_and_no_digit() -> None:
    query = f"select {look_sql('value', 'date')} from (select unnest(['31/12/2025', '30/11/2025', 'Ann <b>']) as value)"
    assert duckdb.execute(query).fetchone() == ("99/99/9999",)
    query = f"select {look_sql('value', 'date')} from (select 'Ann <b>é' as value)"
    assert duckdb.execute(query).fetchone() == ("aaa ?a?a",)
