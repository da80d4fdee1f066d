"""The simulator: same bytes for a seed, the raw contract kept at every size, clear refusals, flat memory."""

import argparse
import datetime as dt
import filecmp
import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from simulate_contract import faults, read_tables

from book_of_business.simulate import run as running
from book_of_business.simulate import touchpoints
from book_of_business.simulate.cli import add_arguments, run
from book_of_business.simulate.days import add_months, quarter_start
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.run import simulate
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.tables import EVENT_TABLES, TABLES
from book_of_business.simulate.windows import Window
from book_of_business.simulate.worlds import WORLDS

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(argument) for argument in arguments]))


def differing_files(left: Path, right: Path) -> list[str]:
    names = {path.relative_to(left) for path in left.rglob("*") if path.is_file()}
    names |= {path.relative_to(right) for path in right.rglob("*") if path.is_file()}
    _, different, missing = filecmp.cmpfiles(left, right, [str(name) for name in sorted(names)], shallow=False)
    return different + missing


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_seed_gives_the_same_bytes_with_one_thread_or_two(tmp_path: Path, file_format: str) -> None:
    small = ["--accounts", "45", "--csms", "11", "--weeks", "9", "--seed", "5", "--format", file_format]
    assert call(tmp_path / "here", "--truth", tmp_path / "here_truth", *small) == 0
    script = "from book_of_business.simulate.cli import *; import argparse, sys; p = argparse.ArgumentParser(); "
    script += "add_arguments(p); sys.exit(run(p.parse_args()))"
    command = [sys.executable, "-c", script, tmp_path / "there", "--truth", tmp_path / "there_truth", *small]
    environment = os.environ | {"POLARS_MAX_THREADS": "1", "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": "3"}
    subprocess.run([str(part) for part in command], check=True, env=environment, capture_output=True)
    assert differing_files(tmp_path / "here", tmp_path / "there") == []
    assert differing_files(tmp_path / "here_truth", tmp_path / "there_truth") == []


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(Settings(accounts=20, csms=3, weeks=5, seed=seed), tmp_path / str(seed))
    different = differing_files(tmp_path / "1", tmp_path / "2")
    assert {"accounts.csv", "csms.csv", "interactions.csv", "subscriptions.csv"} <= set(different)


@settings(
    phases=(Phase.explicit, Phase.generate),
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    accounts=st.integers(1, 60),
    csms=st.integers(1, 14),
    weeks=st.integers(1, 16),
    seed=st.integers(0, 2**63 - 1),
    world=st.sampled_from(sorted(WORLDS)),
    has_story=st.booleans(),
    file_format=st.sampled_from(["csv", "parquet"]),
    by_domain=st.booleans(),
)
def test_every_size_keeps_the_contract(
    tmp_path_factory: pytest.TempPathFactory,
    accounts: int,
    csms: int,
    weeks: int,
    seed: int,
    world: str,
    has_story: bool,
    file_format: str,
    by_domain: bool,
) -> None:
    folder = tmp_path_factory.mktemp("book")
    asked = Settings(accounts, csms, weeks, seed, world_name=world, has_story=has_story, has_daily_usage=bool(seed % 2))
    simulate(asked, folder, file_format, by_domain)
    tables = read_tables(folder)
    expected = set(TABLES) - (set() if WORLDS[world].has_time_entries else {"time_entries"})
    assert set(tables) == expected
    assert faults(tables) == []
    assert len(tables["accounts"]) == accounts
    assert len(tables["csms"]) == csms
    last = tables["interactions"]["started_at"].max()
    assert last is None or last < dt.datetime(2026, 6, 29)


def test_account_weeks_carry_the_levels_that_the_metrics_document_measures(tmp_path: Path) -> None:
    """What drives the minutes is what an independent reading of metrics.md computes from the files."""
    sys.path.insert(0, str(ROOT / "tests"))
    contract = pytest.importorskip("oracle.contract")
    metrics = pytest.importorskip("oracle.metrics")
    reference = pytest.importorskip("oracle.reference").read_reference(ROOT / "seeds" / "reference")
    asked = Settings(accounts=40, csms=11, weeks=20, seed=4)
    simulate(asked, tmp_path / "book", truth_folder=tmp_path / "truth")
    accepted = contract.apply_contract(tmp_path / "book", reference)
    assert sum(contract.rule_counts(accepted).values()) == 0
    marts = metrics.build_marts(accepted, reference, asked.as_of, ["fct_account_effort"])
    measured = pl.DataFrame(marts["fct_account_effort"], infer_schema_length=None)
    truth = pl.read_csv(tmp_path / "truth" / "truth_account_weeks.csv", try_parse_dates=True)
    both = truth.join(measured, on=["account_id", "week_start_date"], how="full", suffix="_measured", coalesce=True)
    assert len(both) == len(truth) == len(measured)
    for column in [name for name in truth.columns if name.endswith("_level")]:
        wrong = both.filter(pl.col(column).ne_missing(pl.col(f"{column}_measured")))
        assert wrong.is_empty(), f"{column}: {wrong.select('account_id', 'week_start_date', column)}"
    owner = both["csm_id"].fill_null("unassigned")
    assert (owner == both["csm_id_measured"]).all()
    assert np.allclose(both["reference_hours"], both["effort_hours"], atol=1e-6)


def test_events_of_past_weeks_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory follows accounts, not weeks: at most the week written and the week made are held."""
    seen: list[weakref.ref] = []
    settle = touchpoints.settle

    def watched(*arguments: object) -> touchpoints.Touches:
        touches = settle(*arguments)
        seen.append(weakref.ref(touches))
        return touches

    monkeypatch.setattr(running.touchpoints, "settle", watched)
    alive = []

    def count_alive(week: int) -> None:
        gc.collect()
        alive.append(sum(touches() is not None for touches in seen))

    asked = Settings(accounts=30, csms=3, weeks=12, has_daily_usage=True)
    simulate(asked, tmp_path, "parquet", progress=count_alive)
    assert len(seen) == 12
    assert max(alive) <= 3
    for table in EVENT_TABLES:
        parts = sorted((tmp_path / table).glob("week=*/part-0.parquet"))
        assert len(parts) <= 12
        for part in parts:
            assert part.parent.name == f"week={dt.date.fromisoformat(part.parent.name[5:])}"
    usage = pl.scan_parquet(tmp_path / "product_usage" / "*" / "*.parquet", hive_partitioning=True)
    early = usage.filter((pl.col("used_on") - pl.col("week").cast(pl.Date)).dt.total_days() // 7 != 0)
    assert early.collect().is_empty()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accounts", "0"], "--accounts must be from 1"),
        (["--csms", "-3"], "--csms must be from 1"),
        (["--weeks", "0"], "--weeks must be from 1"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--as-of", "2026-06-27"], "--as-of must be a Sunday"),
        (["--as-of", "yesterday"], "--as-of must be a date"),
        (["--start", "2026-06-23"], "--start must be a Monday"),
        (["--start", "2026-06-22", "--weeks", "0"], "--weeks must be from 1"),
        (["--world", "flat"], "--world must be one of standard, null"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert call(tmp_path / "out", *arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_directory_in_use_is_left_alone_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--accounts", "3", "--csms", "1", "--weeks", "2"]
    mine = tmp_path / "notes.txt"
    mine.write_text("mine")
    assert call(tmp_path, *small) == 2
    assert "is not empty" in capsys.readouterr().err
    assert call(tmp_path, *small, "--format", "parquet", "--force") == 0
    assert call(tmp_path, *small, "--force") == 0
    assert mine.read_text() == "mine"
    assert not list(tmp_path.glob("*.parquet"))
    assert faults(read_tables(tmp_path)) == []
    assert call(mine, *small) == 2
    assert "is a file" in capsys.readouterr().err
    assert call(tmp_path / "new", "--truth", tmp_path / "new", *small) == 2


def test_the_window_moves_with_start_and_as_of(tmp_path: Path) -> None:
    small = ["--accounts", "12", "--csms", "3", "--weeks", "4"]
    assert call(tmp_path / "start", *small, "--start", "2024-01-01") == 0
    assert call(tmp_path / "as_of", *small, "--as-of", "2024-01-28") == 0
    assert differing_files(tmp_path / "start", tmp_path / "as_of") == []
    days = read_tables(tmp_path / "start")["interactions"]["started_at"].dt.date()
    assert days.is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 28)).all()


@given(
    day=st.dates(dt.date(1975, 1, 1), dt.date(2200, 1, 1)),
    months=st.integers(-60, 60),
)
def test_months_are_added_as_on_a_calendar(day: dt.date, months: int) -> None:
    number = np.array([(day - dt.date(1970, 1, 1)).days])
    result = dt.date(1970, 1, 1) + dt.timedelta(days=int(add_months(number, months)[0]))
    place = day.year * 12 + day.month - 1 + months
    assert (result.year, result.month - 1) == divmod(place, 12)
    assert result.day == day.day or (result + dt.timedelta(days=1)).day == 1
    assert result.day <= day.day


def test_quarters_start_in_january_april_july_and_october() -> None:
    day = (dt.date(2026, 6, 28) - dt.date(1970, 1, 1)).days
    starts = [dt.date(1970, 1, 1) + dt.timedelta(days=quarter_start(day, ahead)) for ahead in range(4)]
    assert starts == [dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1), dt.date(2027, 1, 1)]


@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(-9, 9)), max_size=5), max_size=30))
def test_a_window_sums_the_last_90_days(weeks: list[list[tuple[int, int, int]]]) -> None:
    window = Window(3, ("value",))
    for number, events in enumerate(weeks):
        account, weekday, value = (np.array([event[part] for event in events], dtype=np.int64) for part in range(3))
        window.step(account, weekday == 0, {"value": value})
        after = 7 * (number + 1)
        expected = [0, 0, 0]
        for past, other in enumerate(weeks[: number + 1]):
            for which, day, worth in other:
                if after - 90 <= 7 * past + day < after:
                    expected[which] += worth
        assert window.sums["value"].tolist() == expected


def test_a_ledger_grows_and_its_rows_can_be_changed() -> None:
    ledger = Ledger(account=np.int32, day=np.int32)
    rows = ledger.append(account=np.arange(200), day=7)
    assert rows.tolist() == list(range(200))
    ledger["day"][rows[3:5]] = 9
    assert ledger.append(account=[1, 2], day=[3, 4]).tolist() == [200, 201]
    assert ledger["day"][3:5].tolist() == [9, 9]
    with pytest.raises(KeyError, match="ledger columns"):
        ledger.append(account=1)
