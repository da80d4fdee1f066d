"""Great Expectations at the edge and on drift: what stops a build, what only warns, and that a run leaves no trace."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import ROOT, Run

from book_of_business.receiving.contract import read_contract
from book_of_business.validation import __main__ as validation
from book_of_business.validation import run
from book_of_business.validation.summary import Check, Failure, ValidationSummary, read_summary

HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    'O\'Neill & "Sons"',
    "two\nlines",
    "👻 =cmd()",
    "</td><img src=x>",
    "{{ 1 }}%s",
]
EXPECTATIONS = ROOT / "expectations"
# One process for all runs: the import of Great Expectations takes seconds.
RUNNER = """
import json, os, sys
from pathlib import Path
from book_of_business.validation import validate_edge, validate_marts
for phase, file, results, described in json.load(sys.stdin):
    if phase == "edge":
        validate_edge(Path(file), Path(results), described)
    else:
        validate_marts(Path(file), Path(results))
print("done", flush=True)
os._exit(0)
"""


def files_hash(folder: Path) -> str:
    """Names and bytes of all files below a folder, as one digest."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def register(book: Path, working_file: Path) -> Path:
    """Views of a flat folder of CSV files, as register_raw_data makes them."""
    with duckdb.connect(str(working_file)) as connection:
        connection.execute("create schema raw")
        for file in sorted(book.glob("*.csv")):
            connection.execute(
                f"create view raw.{file.stem} as select * from read_csv('{file}', header = true, all_varchar = true,"
                " delim = ',', quote = '\"', escape = '\"', null_padding = true, parallel = false, strict_mode = true,"
                " nullstr = '', allow_quoted_nulls = true)"
            )
    return working_file


def edited(book: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    frame = pl.read_csv(book / f"{table}.csv", infer_schema=False)
    change(frame).write_csv(book / f"{table}.csv")


def as_known_by_then(book: Path) -> None:
    """The simulated book without the contacts that are only added after its last interaction."""
    last = pl.read_csv(book / "interactions.csv", infer_schema=False)["started_at"].max()
    edited(book, "contacts", lambda frame: frame.filter(pl.col("added_on") <= last))


def with_european_dates_and_hostile_names(book: Path) -> None:
    def change(frame: pl.DataFrame) -> pl.DataFrame:
        names = [HOSTILE_NAMES[number % len(HOSTILE_NAMES)] for number in range(len(frame))]
        day = pl.col("customer_since").str.to_date().dt.strftime("%d/%m/%Y")
        return frame.with_columns(day, account_name=pl.Series(names), segment=pl.Series(names))

    edited(book, "accounts", change)


def without_csms_and_broken_off(book: Path) -> None:
    """The second is Latin-1 far below what DuckDB looks at when a view is made."""
    edited(book, "csms", lambda frame: frame.clear())
    rows = "".join(f"A{number},2026-01-01,{number % 100}\n" for number in range(40_000)).encode()
    (book / "health_scores.csv").write_bytes(b"account_id,scored_on,health_score\n" + rows + b"Caf\xe9,2026-01-01,5\n")


def with_a_few_bad_rows(book: Path) -> None:
    as_known_by_then(book)
    (book / "tickets.csv").unlink()
    edited(book, "contacts", lambda frame: frame.drop("left_on"))
    edited(book, "health_scores", lambda frame: frame.with_columns(health_score=pl.lit("50")))
    row = pl.int_range(pl.len())
    edited(
        book,
        "accounts",
        lambda frame: frame.with_columns(
            customer_since=pl.when(row < 3).then(pl.lit("n/a")).otherwise("customer_since"),
            account_name=pl.when(row == 4).then(pl.lit("CafÃ© Zentral")).otherwise("account_name"),
        ),
    )


BOOKS = {
    "good": as_known_by_then,
    "wrong_export": with_european_dates_and_hostile_names,
    "unreadable": without_csms_and_broken_off,
    "few_bad_rows": with_a_few_bad_rows,
}


def empty_marts(file: Path) -> Path:
    """Every mart without a row, in the types of its contract."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        for document in sorted((ROOT / "models" / "marts").glob("*/*.yml")):
            for model in yaml.safe_load(document.read_text()).get("models", []):
                columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in model["columns"])
                connection.execute(f"create table marts.{model['name']} ({columns})")
    return file


def broken_marts(file: Path) -> Path:
    """Marts that dbt's tests would accept: loads of 50, weights of 0, most accounts rejected, weeks since 1970."""
    with duckdb.connect(str(empty_marts(file))) as connection:
        for statement in (
            "insert into marts.fct_csm_load by name select 'c' || i as csm_id, date '2026-01-05' as week_start_date,"
            " 5 as account_count, 50.0 as load_ratio, 1.0 as ramp_ratio, 1.0 as availability_ratio"
            " from range(30) as t(i)",
            "insert into marts.fct_account_effort by name select 'a' || i as account_id, 0.0 as effort_hours,"
            " date '2026-01-05' as week_start_date, 'unknown' as health_trajectory_level from range(60) as t(i)",
            "insert into marts.data_coverage by name select 'health_scores' as table_name, true as is_observed,"
            " 100 as read_count, 60 as accepted_count, 40 as rejected_count",
            "insert into marts.dim_weeks by name select date '1970-01-05' + cast(7 * i as integer) as week_start_date"
            " from range(2900) as t(i)",
        ):
            connection.execute(statement)
    return file


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory, small_book: Path, small_build: Run) -> dict[str, Path]:
    """Every book and set of marts, validated: the results folder by name."""
    folder = tmp_path_factory.mktemp("validated")
    results = {name: folder / name / "validation" for name in (*BOOKS, "empty_marts", "broken_marts")}
    jobs = []
    for name, change in BOOKS.items():
        book = Path(shutil.copytree(small_book, folder / name / "raw"))
        change(book)
        working_file = register(book, folder / name / "working.duckdb")
        jobs.append(("edge", working_file, results[name], f"<b>{name}</b>"))
    jobs.append(("marts", small_build.published_file, results["good"], ""))
    for name, make in (("empty_marts", empty_marts), ("broken_marts", broken_marts)):
        (folder / name).mkdir()
        jobs.append(("marts", make(folder / name / "book.duckdb"), results[name], ""))
    before = files_hash(EXPECTATIONS)
    done = subprocess.run(
        [sys.executable, "-c", RUNNER], input=json.dumps(jobs, default=str), capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n", "Great Expectations' bars and logs were to be quiet"
    assert done.stderr == ""
    assert files_hash(EXPECTATIONS) == before, "a run changed the committed suites"
    return results


def edge(validated: dict[str, Path], name: str) -> ValidationSummary:
    return read_summary(validated[name] / "edge.json")


def marts(validated: dict[str, Path], name: str) -> ValidationSummary:
    return read_summary(validated[name] / "marts.json")


def stops(summary: ValidationSummary) -> list[str]:
    return [failure.place for failure in summary.failures if failure.check.severity == "critical"]


def test_a_good_book_meets_every_expectation(validated: dict[str, Path]) -> None:
    summary = edge(validated, "good")
    assert summary.failures == []
    assert not summary.is_stopping
    assert len(summary.suites) == 22
    assert summary.counts["met"] > 150
    assert "expectations met on 22 tables" in summary.text()


def test_the_marts_of_a_good_book_meet_every_expectation(validated: dict[str, Path]) -> None:
    summary = marts(validated, "good")
    assert summary.failures == []
    assert all(suite.note == "" for suite in summary.suites), "a suite names a mart that is not published"
    assert summary.counts["met"] > 20


def test_dates_in_another_format_stop_the_build_and_the_text_says_what_to_do(validated: dict[str, Path]) -> None:
    summary = edge(validated, "wrong_export")
    assert stops(summary) == ["accounts.customer_since"]
    text = summary.text()
    assert "accounts.customer_since" in text
    assert "a date, YYYY-MM-DD" in text
    assert "99/99/9999" in text, "the look of the values, not a value"
    assert "2026-03-31" in text
    assert f"marts.rejected_rows of {summary.working_file}" in text
    assert "Traceback" not in text
    assert "European" not in text


def test_an_empty_required_table_stops_the_build(validated: dict[str, Path]) -> None:
    summary = edge(validated, "unreadable")
    assert stops(summary)[0] == "csms"
    assert "at least one row; observed 0 rows" in summary.text()


def test_a_few_bad_rows_only_warn(validated: dict[str, Path]) -> None:
    summary = edge(validated, "few_bad_rows")
    assert not summary.is_stopping
    bad = {"accounts.customer_since", "accounts.account_name", "health_scores.health_score"}
    assert {failure.place for failure in summary.failures} == bad
    assert all(failure.check.severity == "warning" for failure in summary.failures)


def test_a_table_that_breaks_off_stops_the_build_without_quoting_it(validated: dict[str, Path]) -> None:
    summary = edge(validated, "unreadable")
    assert "health_scores" in stops(summary)
    assert "line 40002" in summary.text()
    assert "UTF-8" in summary.text()
    assert "Caf" not in (validated["unreadable"] / "edge.json").read_text()


@pytest.mark.parametrize("name", ["wrong_export", "few_bad_rows"])
def test_no_raw_value_leaves_in_results_or_text(validated: dict[str, Path], name: str) -> None:
    written = (validated[name] / "edge.json").read_text() + edge(validated, name).text()
    for value in ("<script", "alert", "Neill", "lines", "cmd", "img", "👻", "Zentral", "n/a"):
        assert value not in written


def test_an_optional_table_or_column_that_is_absent_is_skipped_and_said(validated: dict[str, Path]) -> None:
    suites = {suite.table: suite for suite in edge(validated, "few_bad_rows").suites}
    assert (suites["tickets"].checks, suites["tickets"].note) == ((), "not supplied")
    assert suites["contacts"].note == "columns not supplied: left_on"
    assert suites["contacts"].checks


def test_every_drift_suite_fits_its_mart_and_says_nothing_of_an_empty_one(validated: dict[str, Path]) -> None:
    summary = marts(validated, "empty_marts")
    unfit = [failure for failure in summary.failures if failure.check.observed == "could not be evaluated"]
    assert unfit == []
    assert summary.failures == []


def test_a_silent_break_of_the_marts_warns_and_stops_nothing(validated: dict[str, Path]) -> None:
    summary = marts(validated, "broken_marts")
    assert not summary.is_stopping
    failed = {failure.place for failure in summary.failures}
    assert {"fct_csm_load.load_ratio", "fct_account_effort.effort_hours", "data_coverage", "dim_weeks"} <= failed
    words = " ".join(failure.check.words for failure in summary.failures)
    assert "no factor is unknown for all of 50 accounts" in words


def test_only_critical_failures_stop() -> None:
    from book_of_business.validation.summary import SuiteResult

    def summary(severity: str) -> ValidationSummary:
        check = Check("csm_id", "words", severity, "not met", "0 rows", "remedy")
        return ValidationSummary("edge", "here", "working.duckdb", (SuiteResult("edge_csms", "csms", 0, "", (check,)),))

    assert summary("critical").is_stopping
    assert not summary("warning").is_stopping
    assert summary("warning").failures == [Failure("edge_csms", "csms", summary("warning").suites[0].checks[0])]


def test_the_contract_has_22_tables() -> None:
    assert len(read_contract(ROOT)) == 22


def test_the_columns_of_a_query_are_had_without_its_rows(tmp_path: Path) -> None:
    import sqlalchemy

    from book_of_business.validation import dialect

    file = tmp_path / "rows.duckdb"
    duckdb.connect(str(file)).execute("create table received as select range as id from range(1000)").close()
    query = dialect.expose_columns_only("select id from received")
    with sqlalchemy.create_engine(dialect.connection_string(file)).connect() as connection:
        bare = connection.execute(sqlalchemy.text(query))
        assert (list(bare.keys()), bare.fetchall()) == (["id"], [])
        assert connection.execute(sqlalchemy.text(f"select count(*) from ({query}) as received")).scalar() == 1000
    dialect.close_connections()
    duckdb.connect(str(file)).execute("create table written_again as select 1 as id").close()


def test_a_build_checks_the_marts_that_it_is_about_to_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, Path | None]] = []
    monkeypatch.setattr(
        validation, "validate_marts", lambda file, results_dir, known_as=None: asked.append((file, known_as))
    )
    published = tmp_path / "book_of_business.duckdb"
    validation.validate("marts", tmp_path, is_building=True)
    validation.validate("marts", tmp_path)
    (tmp_path / "working.duckdb").touch()
    validation.validate("marts", tmp_path)
    assert asked == [
        (tmp_path / "book_of_business.duckdb.new", published), (published, None), (tmp_path / "working.duckdb", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("latest", "given", "until"),
    [
        ("2026-06-26", "", "2026-06-26"),
        ("2026-06-26", "2026-07-05", "2026-07-05"),
        ("2026-06-26", "2026-01-04", "2026-06-26"),
        (None, "2026-07-05", "2026-07-05"),
        (None, "", None),
    ],
)
def test_rows_up_to_a_date_that_was_given_are_used_and_not_warned_of(
    monkeypatch: pytest.MonkeyPatch, latest: str | None, given: str, until: str | None
) -> None:
    monkeypatch.setattr(run, "latest_interaction_on", lambda *_: latest)
    monkeypatch.setenv("AS_OF_DATE", given)
    assert run.used_until(None) == until
