"""Notebook 05 on logs of every kind: it says what cannot be told, and breaks on none of them."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from published_world import change, publish

from book_of_business.calibration import diagnostics
from book_of_business.proof.evidence import planted_effort as planted
from book_of_business.proof.evidence.worlds import simulate_world
from book_of_business.settings import project_dir

NOTEBOOK = project_dir() / "notebooks" / "05_calibrate_effort_weights.ipynb"
LIMITS = planted.reference()[1]
NO_LOG = (
    "update marts.fct_account_logged_time set time_entry_count = null, time_entry_minutes = null, "
    "capped_entry_minutes = null",
    "delete from marts.fct_csm_logged_time",
)
NOTHING = (
    *NO_LOG,
    "delete from marts.fct_account_logged_time",
    "delete from marts.fct_account_effort",
    "delete from marts.fct_csm_load",
)
CHANCE = (
    "update marts.fct_account_logged_time set capped_entry_minutes = "
    "30 * (1 + hash(account_id || cast(week_start_date as varchar)) % 4)",
)
LAST_WEEKS = (
    "update marts.fct_account_logged_time set capped_entry_minutes = 0 where week_start_date < "
    "(select max(week_start_date) - interval 14 days from marts.dim_weeks)",
)


def run(build_dir: Path) -> str:
    """Every cell in this process, what it shows as text."""
    shown: list[str] = []
    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            source += f"\nBUILD_DIR = {str(build_dir)!r}\nDEALS = 3"
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, NOTEBOOK.name, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)
            shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else str(value.to_dict()))
    names["published"].close()
    return "\n".join(shown)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ((), ["Learnt from time entries", "The headline holds", "lifecycle"]),
        (NO_LOG, ["Nobody logs time", "Learnt from how long interactions lasted", "The headline holds"]),
        (CHANCE, ["Learnt from time entries", "The headline holds"]),
        (
            LAST_WEEKS,
            ["Too little to judge by: weeks with logged time: ", "Too few CSMs or weeks to hold", "The headline holds"],
        ),
        (NOTHING, ["Effort weights cannot be learnt: 0 CSMs", "No weight was learnt", "The headline holds"]),
    ],
    ids=["a_log", "no_time_entries", "minutes_of_chance", "minutes_in_the_last_weeks", "empty_book"],
)
def test_notebook_says_what_the_log_can_tell(tmp_path: Path, statements: tuple[str, ...], said: list[str]) -> None:
    build_dir = change(publish(simulate_world(4, 9, 9, accounts=180), tmp_path), *statements)
    page = run(build_dir)
    for sentence in said:
        assert sentence in page


def weeks(**columns: Any) -> pl.DataFrame:
    """Ten weeks of three CSMs, as they are in fct_csm_logged_time."""
    monday = pl.date_range(pl.date(2026, 1, 5), pl.date(2026, 3, 9), "7d", eager=True)
    one = pl.DataFrame({"week_start_date": monday}).join(pl.DataFrame({"csm_id": ["a", "b", "c"]}), how="cross")
    standard = {
        "time_entry_count": 20, "logged_minutes": 1500.0, "ownerless_minutes": 150.0, "long_entry_count": 0,
        "longest_entry_minutes": 180.0, "busiest_on": pl.col("week_start_date"), "busiest_day_minutes": 400.0,
    }  # fmt: skip
    return one.with_columns(**{name: pl.lit(v) if not isinstance(v, pl.Expr) else v
                               for name, v in (standard | columns).items()})  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ownerless_minutes": 500.0}, "33% of the time names no account"),
        ({"long_entry_count": 1, "longest_entry_minutes": 2880.0}, "longer than a day's work (up to 48 hours)"),
        (
            {"busiest_on": pl.col("week_start_date").dt.offset_by("4d"), "busiest_day_minutes": 1500.0},
            "mostly a Friday: weeks are written down at once",
        ),
    ],
)
def test_log_is_described_before_it_is_believed(columns: dict[str, Any], said: str) -> None:
    plain = " ".join(diagnostics.quality_of(weeks(), LIMITS).sentences(LIMITS))
    odd = " ".join(diagnostics.quality_of(weeks(**columns), LIMITS).sentences(LIMITS))
    assert said not in plain
    assert said in odd


def test_one_csm_who_logs_everything_on_friday_is_told_and_not_named() -> None:
    is_one = pl.col("csm_id") == "b"
    odd = weeks(
        busiest_on=pl.col("week_start_date").dt.offset_by("4d"),
        busiest_day_minutes=pl.when(is_one).then(1500.0).otherwise(400.0),
    )
    said = diagnostics.quality_of(odd, LIMITS).sentences(LIMITS)
    assert "1 CSM writes most weeks down on one day, from memory." in said


@pytest.mark.parametrize(("minutes", "is_batch"), [(1199.9, False), (1200.0, True)])
def test_a_week_is_written_at_once_from_four_fifths_on(minutes: float, is_batch: bool) -> None:
    found = diagnostics.quality_of(weeks(busiest_day_minutes=minutes), LIMITS)
    assert found.batch_week_ratio == float(is_batch)
