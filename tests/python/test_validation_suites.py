"""The committed suites: in step with the raw contract, complete, and of sane severity."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT

from book_of_business.receiving.contract import read_contract
from book_of_business.receiving.forms import form_sql, look_sql, received_column, share_sql
from book_of_business.validation.edge_suites import as_text, edge_suite
from book_of_business.validation.run import latest_day_query

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
    ("date", "2026-03-31 00:00:00", True),
    ("date", "2026-03-31T00:00:00.000Z", True),
    ("date", "2026-03-31T00:00:00+00:00", True),
    ("date", "2026-03-31T00:00:01", False),
    ("date", "2026-03-31T00:00:00+02:00", False),
    ("date", "2026-02-30 00:00:00", False),
    ("timestamp", "2026-03-31T14:05:00Z", True),
    ("timestamp", "2026-03-31 14:05", True),
    ("timestamp", "2026-03-31", True),
    ("timestamp", "14:05", False),
    ("double", "-1.5e3", True),
    ("double", "1,234.5", False),
    ("double", "$5", False),
    ("double", "nan", False),
    ("bigint", "12", True),
    ("bigint", "12.0", True),
    ("bigint", "12.5", False),
    ("bigint", "1,200", False),
    ("boolean", "true", True),
    *(("boolean", word, True) for word in ("TRUE", "False", "t", "F", "Yes", "NO", "y", "N", "1", "0", "1.0", "0.0")),
    ("boolean", "2", False),
    ("boolean", "on", False),
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
        ("allowed", "no_show|cancelled", ["No-Show", "CANCELLED", "no show", "done", "", "x", "y", None], 0.5),
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


DAYS = [f"2025-{month:02}-{day:02}" for month in range(1, 11) for day in (3, 14)]
FUTURE = [f"2027-{month:02}-01" for month in range(1, 11) for _ in range(2)]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        # most accounts really ended, on days of their own
        (DAYS, 0.05),
        # ends in 18 of 20 rows are not asked, in 19 they are
        ([*FUTURE[:18], None, ""], 0.0),
        ([*FUTURE[:19], None], 1.0),
        # the next renewal, and the day of an import
        (FUTURE, 1.0),
        (["2026-01-01"] * 20, 1.0),
        # some equal the beginning
        (["2020-01-01", "2020-01-01T00:00:00", *DAYS[:18]], 0.1),
        # the last day is not beyond it; what is no date is no end to judge
        ([*DAYS[:17], "2026-06-28", "2026-06-29", "2026-06-30"], 0.1),
        ([*DAYS[:18], "soon", "later"], 0.05),
    ],
)
def test_ends_in_most_rows_are_asked_whether_they_are_ends(ends: list[str | None], expected: float) -> None:
    share = share_sql("value", "no_end", "1980-01-01/2026-06-28", 20, "begins")
    query = f"select {share} from (select unnest(cast(? as varchar[])) as value, '2020-01-01' as begins)"
    assert duckdb.execute(query, [ends]).fetchall()[0][0] == pytest.approx(expected)


def test_ends_that_are_the_beginnings_of_their_rows_are_none() -> None:
    share = share_sql("value", "no_end", "1980-01-01/2026-06-28", 20, "value")
    query = f"select {share} from (select unnest(cast(? as varchar[])) as value)"
    assert duckdb.execute(query, [DAYS]).fetchall() == [(1.0,)]
    assert duckdb.execute(query, [DAYS[:19]]).fetchall() == [(None,)]


WORDS = ["NULL", "n/a", "NA", "NaN", "NaT", "None", "<NA>", "#N/A", "\\N", "-"]


@pytest.mark.parametrize(
    ("data_type", "is_typed", "count"), [("date", True, 1), ("varchar", True, 1), ("varchar", False, 11)]
)
def test_a_word_for_nothing_is_nothing_but_in_ids_and_text(data_type: str, is_typed: bool, count: int) -> None:
    column = received_column("Value", "VARCHAR", data_type, is_typed=is_typed)
    query = f'select count(value) from (select {column} from (select unnest(cast(? as varchar[])) as "Value"))'
    assert duckdb.execute(query, [[*WORDS, "2026-01-01", None]]).fetchall() == [(count,)]


def test_a_native_number_stays_one_and_a_native_flag_of_1_is_a_boolean() -> None:
    number = received_column("value", "DOUBLE", "double", is_typed=True)
    query = f"select typeof(value) from (select {number} from (select cast('nan' as double) as value))"
    assert duckdb.execute(query).fetchall() == [("DOUBLE",)]
    flag = received_column("value", "INTEGER", "boolean", is_typed=True)
    query = f"select {form_sql('value', 'boolean')} from (select {flag} from (select 1 as value))"
    assert duckdb.execute(query).fetchall() == [(True,)]


@pytest.mark.parametrize(
    ("strays", "latest"),
    [
        ([], "2026-03-31"),
        # one in 200 is under a hundredth, and a gap has more than 28 days
        (["2028-03-31"], "2026-03-31"),
        (["2026-04-28"], "2026-04-28"),
        (["2026-04-29"], "2026-03-31"),
        # two are a hundredth; of two far apart the last is a tail of one
        (["2028-03-31", "2028-03-30"], "2028-03-31"),
        (["2028-03-31", "2027-03-31"], "2027-03-31"),
    ],
)
def test_a_few_stray_days_do_not_move_the_latest(strays: list[str], latest: str) -> None:
    days = [f"2026-03-{31 - number % 20:02}" for number in range(200 - len(strays))]
    assert latest_of([*days, *strays]) == latest


def test_the_widest_tail_of_stray_days_is_left_out() -> None:
    days = [f"2026-03-{31 - number % 20:02}" for number in range(300)]
    assert latest_of([*days, "2027-03-31", "2028-03-31"]) == "2026-03-31"


def latest_of(days: list[str]) -> str | None:
    """The latest day of these completed interactions, beside one that was cancelled later."""
    rows = [(f"{day}T10:00:00Z", ("completed", "Completed")[number % 2]) for number, day in enumerate(days)]
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.interactions (started_at varchar, status varchar)")
        connection.executemany("insert into raw.interactions values (?, ?)", [*rows, ("2030-01-01", "cancelled")])
        return connection.execute(latest_day_query(28, 0.01)).fetchall()[0][0]


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
