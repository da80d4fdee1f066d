"""A book without an interaction on file says nothing of neglect; one that gets its interactions later says it all."""

import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Run, environment, quick_command, rows, run_build

NULL_WITHOUT_INTERACTIONS = [
    ("fct_account_coverage", ["last_meaningful_at", "days_since_meaningful", "is_unmonitored", "is_overdue"]),
    ("fct_csm_coverage", ["unmonitored_account_count", "unmonitored_ratio", "expected_unmonitored_count"]),
    ("fct_csm_coverage", ["overdue_account_count"]),
    ("fct_csm_throughput", ["counted_interaction_count", "meaningful_interaction_count", "unclassified_count"]),
    ("fct_csm_throughput", ["strategic_count", "strategic_minutes", "is_over_ceiling", "is_intervention"]),
    ("fct_csm_throughput", ["consecutive_weeks_over_ceiling", "cusum_score", "is_cusum_alarm"]),
    ("fct_csm_engagement", ["interaction_count", "scored_interaction_count", "action_item_count", "is_rankable"]),
    ("fct_touch_plan", ["actual_touch_count", "actual_to_due_ratio"]),
    ("fct_csm_scorecard", ["counted_interaction_count", "unmonitored_ratio", "interaction_count"]),
    ("fct_team_scorecard", ["counted_interaction_count", "unmonitored_ratio", "unmonitored_account_count"]),
    ("fct_book_sentiment", ["sentiment_account_count", "sentiment_arr_usd", "slope_account_count"]),
    ("fct_account_conversations", ["interaction_count_last_13_weeks", "engaged_contact_count"]),
    ("fct_stakeholder_engagement", ["attended_meeting_count_last_90_days", "is_silent", "unseen_days"]),
    ("fct_account_logged_time", ["interaction_count", "interaction_minutes", "preparation_minutes"]),
]
STAYS = [
    ("fct_csm_coverage", "account_count"),
    ("fct_csm_throughput", "throughput_ceiling_count"),
    ("fct_touch_plan", "required_touch_count"),
    ("fct_touch_plan", "due_touch_count"),
    ("fct_account_coverage", "allowed_gap_days"),
    ("fct_csm_load", "effort_hours"),
]
MEASURED_FROM_THEM = ("throughput_intervention", "unmonitored", "slow_detection")


def with_header_only(book: Path, folder: Path) -> Path:
    shutil.copytree(book, folder)
    file = folder / "interactions.csv"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return folder


def clock_of(build: Run) -> str:
    return str(rows(build.published_file, "select max(week_end_date) from marts.dim_weeks")[0][0])


@pytest.fixture(scope="module")
def silent_build(small_book: Path, small_build: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("silent")
    raw = with_header_only(small_book, folder / "raw")
    done = run_build(folder / "build", raw, "--fast", as_of_date=clock_of(small_build))
    assert done.code == 0, done.said
    return done


@pytest.mark.parametrize(
    ("mart", "column"), [(mart, column) for mart, columns in NULL_WITHOUT_INTERACTIONS for column in columns]
)
def test_it_is_null_and_neither_zero_nor_all(silent_build: Run, small_build: Run, mart: str, column: str) -> None:
    counted = f"select count(*) > 0, count({column}) from marts.{mart}"
    assert rows(silent_build.published_file, counted) == [(True, 0)]
    assert rows(small_build.published_file, counted)[0][1] > 0, "the whole book has it: the test could not fail"


@pytest.mark.parametrize(("mart", "column"), STAYS)
def test_what_needs_no_interaction_is_measured(silent_build: Run, mart: str, column: str) -> None:
    assert rows(silent_build.published_file, f"select count({column}) > 0 from marts.{mart}") == [(True,)]


def test_nothing_is_set_off_by_what_was_not_observed(silent_build: Run) -> None:
    query = f"select count(*) from marts.fct_rebalancing_triggers where trigger in {MEASURED_FROM_THEM}"
    assert rows(silent_build.published_file, query) == [(0,)]


def test_the_report_and_the_scorecard_say_so(silent_build: Run) -> None:
    assert "Unmonitored: not observed, as no interaction is on file" in silent_build.output
    for command in ("report", "weekly"):
        told = subprocess.run(
            quick_command(command),
            cwd=ROOT,
            env=environment(silent_build.build_dir, None),
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        assert "None" not in told.stdout


def test_interactions_that_come_later_rebuild_every_week(small_book: Path, small_build: Run, silent_build: Run) -> None:
    """After a header alone, all conversations: the build is as one from nothing.

    It writes to the folder of the book that has the header alone, and so stands last here.
    """
    raw = silent_build.build_dir.parent / "raw"
    shutil.copy(small_book / "interactions.csv", raw / "interactions.csv")
    done = run_build(silent_build.build_dir, raw, "--fast", as_of_date=clock_of(small_build))
    assert done.code == 0, done.said
    with duckdb.connect() as connection:
        connection.execute(f"attach '{small_build.published_file}' as whole (read_only)")
        connection.execute(f"attach '{done.published_file}' as grown (read_only)")
        for mart in ("fct_csm_throughput", "fct_csm_coverage", "fct_csm_engagement", "fct_account_logged_time"):
            for one, other in (("whole", "grown"), ("grown", "whole")):
                query = f"select count(*) from (from {one}.marts.{mart} except from {other}.marts.{mart})"
                assert connection.execute(query).fetchall() == [(0,)], mart
