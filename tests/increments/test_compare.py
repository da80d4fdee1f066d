"""The comparison of two builds sees what differs, and nothing else."""

from pathlib import Path

import duckdb
import pytest

from .compare import compare_files

LOAD = """
create schema marts;
create table marts.fct_csm_load as select * from (values
    ('a', date '2025-01-06', 1.5, 3, true),
    ('a', date '2025-01-13', 2.5, 4, null),
    ('b', date '2025-01-06', 0.0, 0, false)
) as t (csm_id, week_start_date, effort_hours, account_count, is_over_target);
alter table marts.fct_csm_load alter effort_hours type double;
"""


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("update marts.fct_csm_load set effort_hours = effort_hours * 1.00000001", "effort_hours"),
        ("update marts.fct_csm_load set effort_hours = null where csm_id = 'b'", "effort_hours"),
        ("update marts.fct_csm_load set effort_hours = 'NaN' where csm_id = 'b'", "effort_hours"),
        ("update marts.fct_csm_load set account_count = 5 where csm_id = 'b'", "account_count"),
        ("update marts.fct_csm_load set is_over_target = false", "is_over_target"),
        ("delete from marts.fct_csm_load where csm_id = 'b'", "the row itself"),
        ("insert into marts.fct_csm_load from marts.fct_csm_load limit 1", "the row itself"),
        ("update marts.fct_csm_load set csm_id = 'c' where csm_id = 'b'", "the row itself"),
        ("alter table marts.fct_csm_load drop is_over_target", "the columns"),
        ("alter table marts.fct_csm_load alter account_count type varchar", "the columns"),
        ("create table marts.other as select 1 as one", "the table itself"),
        ("update marts.fct_csm_load set effort_hours = effort_hours * (1 + 1e-12)", None),
        ("create or replace table marts.fct_csm_load as from marts.fct_csm_load order by all desc", None),
    ],
)
def test_a_change_is_found(change: str, column: str | None, tmp_path: Path) -> None:
    files = [tmp_path / "one" / "working.duckdb", tmp_path / "other" / "working.duckdb"]
    for file in files:
        file.parent.mkdir()
        with duckdb.connect(str(file)) as connection:
            connection.execute(LOAD)
            if file == files[1]:
                connection.execute(change)
    assert {difference.column for difference in compare_files(*files)} == ({column} if column else set())


def test_tables_without_a_grain_are_bags(tmp_path: Path) -> None:
    files = [tmp_path / "one.duckdb", tmp_path / "other.duckdb"]
    for file, rows in zip(files, ("('a'), ('a'), ('b')", "('a'), ('b'), ('b')"), strict=True):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"create schema marts; create table marts.bag as from (values {rows}) as t (x)")
    assert [difference.count for difference in compare_files(*files)] == [1, 1]
