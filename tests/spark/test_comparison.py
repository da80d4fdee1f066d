"""The comparison behind `make parity`: what it lets pass and what it does not. Spark itself is not needed."""

from pathlib import Path

import duckdb
import pytest

from book_of_business.proof.parity import Comparison, compare_folders

ROWS = "('a', date '2026-06-22', 1.0, 'steady', 3), ('b', date '2026-06-22', null, 'steady', 4)"


def write(folder: Path, rows: str, score_type: str = "double") -> Path:
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select csm_id, week_start_date, cast(score as {score_type}) as score, note,"
            f" cast(event_count as bigint) as event_count"
            f" from (values {rows}) as t (csm_id, week_start_date, score, note, event_count))"
            f" to '{folder}/fct_example.parquet' (format parquet)"
        )
    return folder


def compared(tmp_path: Path, actual: str, grain: list[str] | None = None, score_type: str = "double") -> Comparison:
    [comparison] = compare_folders(
        write(tmp_path / "expected", ROWS),
        write(tmp_path / "actual", actual, score_type),
        {"fct_example": grain or ["csm_id", "week_start_date"]},
    )
    return comparison


def test_the_same_rows_in_another_order_are_the_same(tmp_path: Path) -> None:
    comparison = compared(
        tmp_path, "('b', date '2026-06-22', null, 'steady', 4), ('a', date '2026-06-22', 1.0 + 1e-12, 'steady', 3)"
    )
    assert (comparison.row_count, comparison.column_count, comparison.differing) == (2, 5, 0)
    assert 0 < comparison.largest_difference < 1e-9


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("('a', date '2026-06-22', 1.000001, 'steady', 3), ('b', date '2026-06-22', null, 'steady', 4)", "score"),
        ("('a', date '2026-06-22', 1.0, 'Steady', 3), ('b', date '2026-06-22', null, 'steady', 4)", "note"),
        ("('a', date '2026-06-22', 1.0, 'steady', 3), ('b', date '2026-06-22', 0.0, 'steady', 4)", "score"),
        ("('a', date '2026-06-22', 1.0, 'steady', 3), ('b', date '2026-06-22', null, null, 4)", "note"),
        ("('a', date '2026-06-22', 1.0, 'steady', 3), ('b', date '2026-06-22', null, 'steady', 5)", "event_count"),
        ("('a', date '2026-06-22', 1.0, 'steady', 3), ('a', date '2026-06-29', 1.0, 'steady', 3)", "only on one side"),
        ("('a', date '2026-06-22', 1.0, 'steady', 3), ('b', date '2026-06-23', null, 'steady', 4)", "only on one side"),
    ],
)
def test_a_cell_or_a_row_that_differs_is_told(rows: str, said: str, tmp_path: Path) -> None:
    comparison = compared(tmp_path, rows)
    assert comparison.differing > 0
    assert any(said in example for example in comparison.examples)


def test_a_column_of_another_type_is_told(tmp_path: Path) -> None:
    comparison = compared(tmp_path, ROWS, score_type="decimal(10, 2)")
    assert comparison.differing == 1
    assert "score" in comparison.examples[0]


def test_a_mart_that_was_not_built_is_told(tmp_path: Path) -> None:
    expected = write(tmp_path / "expected", ROWS)
    (tmp_path / "actual").mkdir()
    [comparison] = compare_folders(expected, tmp_path / "actual", {"fct_example": ["csm_id"]})
    assert comparison.differing == 1
    assert "not there" in comparison.examples[0]


def test_rows_without_a_key_are_counted(tmp_path: Path) -> None:
    twice = f"{ROWS}, ('b', date '2026-06-22', null, 'steady', 4)"
    assert compared(tmp_path, twice, grain=["fault"]).differing == 1
