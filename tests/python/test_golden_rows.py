"""Build the hand-written golden book and compare its marts with the rows that were worked out by hand."""

import csv
import datetime
import os
import shutil
import subprocess
import sys
from collections import Counter
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
KEYS = {
    "data_coverage": ["table_name"],
    "dim_accounts": ["account_id"],
    "dim_csms": ["csm_id"],
    "dim_weeks": ["week_start_date"],
    "fct_account_coverage": ["account_id"],
    "fct_account_effort": ["account_id", "week_start_date"],
    "fct_account_taxonomy_changes": ["account_id", "attribute", "week_start_date"],
    "fct_book_drift": ["csm_id", "week_start_date"],
    "fct_arr_movements": ["csm_id", "week_start_date"],
    "fct_book_renewals": ["csm_id"],
    "fct_books": ["csm_id", "week_start_date"],
    "fct_csm_capacity": ["csm_id", "week_start_date"],
    "fct_csm_coverage": ["csm_id", "week_start_date"],
    "fct_csm_engagement": ["csm_id", "week_start_date"],
    "fct_csm_load": ["csm_id", "week_start_date"],
    "fct_csm_throughput": ["csm_id", "week_start_date"],
    "fct_outcome_exposure": ["outcome_type", "account_id", "outcome_on"],
    "fct_renewal_concentration": ["csm_id", "quarter_start_date"],
    "fct_team_balance": ["motion", "axis", "week_start_date"],
    "fct_touch_plan": ["csm_id"],
}
# What a build reads; the demo book, which is large, is no part of it.
BUILT_FROM = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds/reference", "src", "tests/dbt")
TOLERANCE = 1e-9
# Faults of a whole row: the raw contract does not say which column they name.
ROW_RULES = ("duplicate_key", "overlapping_assignment", "end_before_start")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of the golden book, built with the frozen reference tables: analysts may tune their own."""
    directory = tmp_path_factory.mktemp("golden")
    project = directory / "project"
    for name in BUILT_FROM:
        source, target = ROOT / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path in (GOLDEN / "reference").glob("*.csv"):
        shutil.copy(path, project / "seeds" / "reference" / path.name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {
        "RAW_DATA": str(GOLDEN / "raw"),
        "AS_OF_DATE": "",
        "BUILD_DIR": str(directory / "build"),
        "PYTHONPATH": str(project / "src"),
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "parsed_once.py"), "build", "--fast"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "build" / "book_of_business.duckdb"


def golden_rows(mart: str) -> tuple[list[str], list[Row]]:
    with (GOLDEN / "expected" / f"{mart}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return list(reader.fieldnames or []), rows


def published_rows(path: Path, mart: str, columns: list[str]) -> list[Row]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(f"select {', '.join(columns)} from marts.{mart}").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def as_text(value: Any) -> str:
    """A published value as the golden CSV writes it; numbers are compared as numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def is_equal(golden: str, value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool) and golden:
        return isclose(float(golden), value, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return golden == as_text(value)


def key_of(row: Row, keys: list[str]) -> tuple[str, ...]:
    return tuple(as_text(row[name]) for name in keys)


def fault_of(row: Row) -> tuple[str, ...]:
    named = () if row["rule"] in ROW_RULES else (as_text(row["column_name"]), as_text(row["value"]))
    return (row["table_name"], as_text(row["row_key"]), row["rule"], row["scope"], *named)


@pytest.mark.parametrize("mart", KEYS)
def test_mart_has_the_golden_rows(mart: str, published: Path) -> None:
    """Every golden row and no other; weekly rows from the first golden week on."""
    keys = KEYS[mart]
    columns, golden = golden_rows(mart)
    found = published_rows(published, mart, columns)
    if "week_start_date" in columns:
        first = min(row["week_start_date"] for row in golden)
        found = [row for row in found if as_text(row["week_start_date"]) >= first]
    wanted = {key_of(row, keys): row for row in golden}
    actual = {key_of(row, keys): row for row in found}
    assert len(actual) == len(found), f"{mart} repeats a key of {keys}"
    assert sorted(actual) == sorted(wanted)
    differences = [
        f"{at} {name}: golden {row[name]!r}, published {as_text(actual[at][name])!r}"
        for at, row in wanted.items()
        for name in columns
        if not is_equal(row[name], actual[at][name])
    ]
    assert not differences, "\n".join(differences)


def test_every_golden_file_is_compared() -> None:
    assert {path.stem for path in (GOLDEN / "expected").glob("*.csv")} == {*KEYS, "rejected_rows"}


def test_rejected_rows_are_the_golden_faults(published: Path) -> None:
    columns, golden = golden_rows("rejected_rows")
    assert Counter(map(fault_of, published_rows(published, "rejected_rows", columns))) == Counter(map(fault_of, golden))


def test_twins_of_one_price_are_different_work(published: Path) -> None:
    """$50,000 each: 0.42 x 1.4 hours a week for the renewal, 0.42 x 2 x 1.15 x 1.3 for the onboarding."""
    query = """
        select effort.account_id, accounts.arr_usd, effort.effort_hours
        from marts.fct_account_effort as effort
        inner join marts.dim_accounts as accounts on effort.account_id = accounts.account_id
        where effort.account_id like 'twin_%' and effort.week_start_date = '2025-06-23'
        order by effort.account_id
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        onboarding, renewing = connection.execute(query).fetchall()
    assert onboarding == ("twin_onboarding", 50_000, pytest.approx(1.2558, abs=TOLERANCE))
    assert renewing == ("twin_renewing", 50_000, pytest.approx(0.588, abs=TOLERANCE))
