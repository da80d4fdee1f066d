"""What a build remembers of its files and reference tables, where that could be of another moment than its rows."""

import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import pytest

from .books import ROOT, monday
from .compare import compare_files, readable
from .early_rows import RECENT_DAYS
from .history import EARLY_TICKET, Row, own_project
from .sequences import Player, begun, keep_parsed_project
from .test_increments_equal_a_full_build import IS_LONG

pytestmark = pytest.mark.skipif(not IS_LONG, reason="minutes: make prove-increments")

SEED = 33
MOVED_DAYS = 150
NOTHING = date(9999, 12, 27)


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Player:
    """A book built once, who took part in a file of its own for each conversation."""
    directory = tmp_path_factory.mktemp("parts")
    player = Player(begun(directory, "simulated", SEED, has_own_project=False), directory, "conversations", SEED)
    assert player.change("escalated_early", Random(SEED))
    player.step("begin")
    return player


def rebuilt_from(working: Path) -> date:
    with duckdb.connect(str(working), read_only=True) as connection:
        (found,) = connection.execute("select rebuild_from from raw.rebuild").fetchone() or (date.max,)
    return found


def test_the_past_of_a_new_logo_rebuilds_nothing(player: Player) -> None:
    """Every week some prospects become customers, and what was done about them for months gets an account."""
    history = player.history
    prospects = [row for row in history.shown("opportunities") if row.values["opportunity_type"] == "new_logo"]
    oldest = min(prospects, key=lambda row: row.values["created_on"] or "")
    oldest.values["amount_usd"] = "1"
    stages = [
        row
        for row in history.shown("opportunity_stage_changes")
        if row.values["opportunity_id"] == oldest.values["opportunity_id"]
    ]
    assert stages
    for row in stages:
        row.is_withheld = True
    player.step("same")
    assert rebuilt_from(player.build_dir / "working.duckdb") == NOTHING

    expansions = [row for row in history.shown("opportunities") if row.values["opportunity_type"] == "expansion"]
    amended = min(expansions, key=lambda row: row.values["created_on"] or "")
    amended.values["amount_usd"] = "1"
    player.step("same")
    created_on = date.fromisoformat(amended.values["created_on"] or "")
    assert rebuilt_from(player.build_dir / "working.duckdb") == monday(created_on)


def test_a_ticket_matters_from_its_escalation_where_that_was_before_its_opening(player: Player) -> None:
    """Its signal has the day of the escalation: an account that is corrected later changes weeks from there on."""
    early = next(row for row in player.history.shown("tickets") if row.values["ticket_id"] == EARLY_TICKET)
    player.step("escalated_early")
    escalated_on = date.fromisoformat((early.values["escalated_at"] or "")[:10])
    assert rebuilt_from(player.build_dir / "working.duckdb") == monday(escalated_on)


def test_people_leave_a_conversation_that_was_moved_before(player: Player) -> None:
    """The file of its participants was read when the conversation was a recent one, and never since."""
    history = player.history
    since = history.horizon - timedelta(days=RECENT_DAYS)
    recent = {row.values["interaction_id"]: row for row in history.between("interactions", since, history.horizon)}
    met = Counter(row.values["interaction_id"] for row in history.rows["interaction_participants"])
    moved: Row = recent[max(recent, key=lambda each: (met[each], each))]
    to = history.horizon - timedelta(days=MOVED_DAYS)
    moved.values["started_at"] = f"{to}T10:00:00Z"
    player.step("same")
    assert rebuilt_from(player.build_dir / "working.duckdb") == monday(to)

    for row in history.rows["interaction_participants"]:
        row.is_withheld = row.is_withheld or row.values["interaction_id"] == moved.values["interaction_id"]
    player.step("same")
    assert rebuilt_from(player.build_dir / "working.duckdb") == monday(to)
    assert not player.check(), str(player.played)


def test_a_part_may_lack_a_column_have_another_or_hold_the_zero_of_a_spreadsheet(player: Player) -> None:
    raw = player.raw
    account_id = next(row.values["account_id"] for row in player.history.shown("accounts"))
    for table in ("tickets", "product_usage"):
        (raw / table).mkdir()
        (raw / f"{table}.parquet").rename(raw / table / "part-0.parquet")

    odd = {"ticket_id": "odd", "account_id": account_id, "opened": "2026-01-05", "filename": "mine"}
    pl.DataFrame([odd]).write_parquet(raw / "tickets" / "odd.parquet")
    zero = {"account_id": account_id, "product": "core", "used_on": date(1899, 12, 30), "event_count": 1}
    pl.DataFrame([zero]).write_parquet(raw / "product_usage" / "odd.parquet")
    grown = player.build(player.build_dir)
    fresh_dir = player.directory / "whole"
    keep_parsed_project(player.build_dir, fresh_dir)
    fresh = player.build(fresh_dir)
    assert (grown.exit_code, fresh.exit_code) == (0, 0), grown.log + fresh.log
    assert not (found := compare_files(grown.published, fresh.published)), readable(found)
    with duckdb.connect(str(player.build_dir / "working.duckdb"), read_only=True) as connection:
        rejected = connection.execute(
            "select column_name, rule from marts.rejected_rows where table_name = 'tickets' and row_key = 'odd'"
        ).fetchall()
        old = connection.execute(
            "select count(*) from staging.stg_usage__product_weeks where week_start_date < date '1900-01-01'"
        ).fetchall()
    assert ("opened_at", "missing_value") in rejected
    assert old == [(1,)]


def run_dbt(player: Player, root: Path, build_dir: Path, *arguments: str, **more: str) -> None:
    """Run dbt as an analyst does, on what was delivered."""
    build_dir.mkdir(exist_ok=True)
    environment = os.environ | {
        "RAW_DATA": str(player.raw),
        "BUILD_DIR": str(build_dir),
        "AS_OF_DATE": str(player.history.as_of_date),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    done = subprocess.run(command, cwd=root, env=environment | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_that_comes_while_a_build_runs_is_read_by_the_next(player: Player, tmp_path: Path) -> None:
    """Or an export that fails would leave, in weeks that are kept, rows of a file that nobody has seen."""

    def participants() -> int:
        with duckdb.connect(str(tmp_path / "build" / "working.duckdb"), read_only=True) as connection:
            return connection.execute("select count(*) from raw.interaction_participants").fetchall()[0][0]

    register = partial(run_dbt, player, ROOT, tmp_path / "build", "run-operation", "register_raw_data")
    register()
    before = participants()
    ghost = player.raw / "interaction_participants" / "_temporary" / "part-0.parquet"
    ghost.parent.mkdir()
    pl.DataFrame([{"interaction_id": "none", "contact_id": "none"}]).write_parquet(ghost)
    assert participants() == before
    register()
    assert participants() == before + 1
    ghost.unlink()
    ghost.parent.rmdir()


def test_a_reference_table_that_changes_while_a_build_runs_is_not_taken_for_what_was_built(
    player: Player, tmp_path: Path
) -> None:
    """`make build` reads the project, checks the raw tables, and loads the reference tables after that."""
    root = own_project(tmp_path)
    dbt = partial(run_dbt, player, root, tmp_path / "build")

    def is_remembered_as_it_is() -> bool:
        dbt("run-operation", "register_raw_data")
        with duckdb.connect(str(tmp_path / "build" / "working.duckdb"), read_only=True) as connection:
            return connection.execute(
                "select found.value = remembered.value from raw.current_project as found"
                " inner join raw.finished_run as remembered on found.name = remembered.name"
                " where found.name = 'the reference tables'"
            ).fetchall() == [(True,)]

    without_tests = ("--exclude-resource-type", "unit_test", "test")
    dbt("run-operation", "register_raw_data")
    thresholds = root / "seeds" / "reference" / "thresholds.csv"
    thresholds.write_text(thresholds.read_text().replace("unmonitored_days,", "unmonitored_days,1"))
    dbt("build", *without_tests, RAW_DATA_IS_REGISTERED="yes")
    assert not is_remembered_as_it_is()
    # `dbt run` loads no reference tables: what it made cannot be told from what they held before
    dbt("run")
    assert not is_remembered_as_it_is()
