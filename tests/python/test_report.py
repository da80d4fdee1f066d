"""The books at a glance at the end of a build: as many as anybody reads, and how many more there are."""

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from book_of_business.console import SHOWN_CSMS
from book_of_business.terminal.report import print_report

WEEK = "date '2026-06-22' as week_start_date"


def publish(folder: Path, book_count: int, unmonitored: str = "1", unclassified_count: int = 0) -> Path:
    """A published file with so many books, every second one over target, and `unassigned`."""
    file = folder / "book_of_business.duckdb"
    books = (
        f"(select printf('c%03d', number) as csm_id, number from range({book_count}) as books (number)"
        " union all select 'unassigned', null)"
    )
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        for name, select in {
            "dim_weeks": f"select {WEEK}, date '2026-06-28' as week_end_date, true as is_latest",
            "dim_csms": f"select csm_id, case when number is null then 'Unassigned' else 'CSM ' || csm_id end"
            f" as csm_name, number is null as is_unassigned from {books}",
            "fct_csm_load": f"select csm_id, {WEEK}, 10 as account_count, 1e6 as arr_usd,"
            " 2.0 - number / 1000 as load_ratio,"
            f" number % 2 = 0 as is_over_target, false as is_uncovered, 40.0 as effort_hours from {books}",
            "fct_csm_coverage": f"select csm_id, {WEEK}, {unmonitored} as unmonitored_account_count from {books}",
            "fct_book_renewals": f"select csm_id, 0.3 as peak_renewal_share, false as is_over_cap from {books}",
            "unclassified_interaction_types": "select 'karaoke' as interaction_type, 12 as interaction_count"
            f" from range({unclassified_count})",
            "data_coverage": "select '' as table_name, true as is_observed, 0 as rejected_count, '' as unavailable"
            " where false",
        }.items():
            connection.execute(f"create table marts.{name} as {select}")
    return file


@pytest.mark.parametrize("beyond", [-1, 0, 1, 4])
def test_the_heaviest_books_are_shown_and_the_others_counted(tmp_path: Path, beyond: int) -> None:
    console = Console(file=io.StringIO(), width=100)
    print_report(publish(tmp_path, SHOWN_CSMS + beyond), console)
    told = console.file.getvalue()
    assert told.count("CSM c") == min(SHOWN_CSMS, SHOWN_CSMS + beyond)
    assert "CSM c000" in told
    assert "Unassigned" in told
    counted = {1: "1 more books, 1 of them over target: see marts.fct_csm_load",
               4: "4 more books, 2 of them over target: see marts.fct_csm_load"}  # fmt: skip
    assert ("more books" in told) == (beyond > 0)
    assert counted.get(beyond, "") in told


def test_unmonitored_accounts_are_not_observed_without_interactions(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=100)
    print_report(publish(tmp_path, 2, "cast(null as bigint)"), console)
    told = console.file.getvalue()
    assert "Unmonitored: not observed, as no interaction is on file" in told
    assert [line.split()[-2:] for line in told.splitlines() if "CSM c" in line] == [["-", "30%"]] * 2


def test_types_that_nobody_classified_are_not_said_to_count_for_nothing(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    print_report(publish(tmp_path, 2, unclassified_count=1), console)
    told = console.file.getvalue()
    assert "12 interaction(s) of a type that interaction_types.csv lacks" in told
    assert "count neither toward ceilings nor as meaningful: karaoke" in told
    assert "nothing" not in told
    assert "not observed" not in told
