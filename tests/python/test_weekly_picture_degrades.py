"""What was not observed is null and says why: a book without participants, tickets and scores."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from conftest import Run, rows, run_build

ABSENT_TABLES = ("interaction_participants", "tickets")
ABSENT_COLUMNS = ("sentiment_score", "quality_score")


@pytest.fixture(scope="module")
def poor_build(small_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("poor")
    raw = folder / "raw"
    shutil.copytree(small_book, raw)
    for table in ABSENT_TABLES:
        (raw / f"{table}.csv").unlink()
    interactions = pl.read_csv(raw / "interactions.csv", infer_schema=False)
    interactions.drop(ABSENT_COLUMNS).write_csv(raw / "interactions.csv")
    done = run_build(folder / "build", raw, "--fast")
    assert done.code == 0, done.said
    return done


def value(build: Run, query: str) -> object:
    ((found,),) = rows(build.published_file, query)
    return found


@pytest.mark.parametrize(
    ("mart", "column"),
    [
        ("fct_csm_engagement", "mean_sentiment_score"),
        ("fct_csm_engagement", "mean_quality_score"),
        ("fct_csm_engagement", "sentiment_slope"),
        ("fct_csm_scorecard", "mean_sentiment_score"),
        ("fct_csm_scorecard", "mean_quality_score"),
        ("fct_book_sentiment", "mean_sentiment_score"),
        ("fct_account_conversations", "silent_contact_count"),
        ("fct_stakeholder_engagement", "is_silent"),
    ],
)
def test_it_is_null_and_not_zero(poor_build: Run, small_build: Run, mart: str, column: str) -> None:
    counted = f"select count({column}) from marts.{mart}"
    assert value(poor_build, counted) == 0
    assert value(small_build, counted) > 0, "the whole book shows it: the test could not fail otherwise"


@pytest.mark.parametrize("signal_type", ["ticket_escalation", "negative_sentiment"])
def test_there_are_no_such_signals(poor_build: Run, small_build: Run, signal_type: str) -> None:
    counted = f"select count(*) from marts.fct_risk_signals where signal_type = '{signal_type}'"
    assert value(poor_build, counted) == 0
    assert value(small_build, counted) > 0


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("tickets", "escalated tickets raise no risk signals"),
        ("interaction_participants", "who took part"),
        ("interactions", "without sentiment_score: sentiment is not observed"),
        ("interactions", "without quality_score: quality of conversations is not observed"),
    ],
)
def test_the_reason_is_said(poor_build: Run, small_build: Run, table: str, reason: str) -> None:
    query = f"select coalesce(unavailable, '') from marts.data_coverage where table_name = '{table}'"
    assert reason in value(poor_build, query)
    assert value(small_build, query) == ""
    assert f"no {table}: " in poor_build.output or f"{table}: without" in poor_build.output
