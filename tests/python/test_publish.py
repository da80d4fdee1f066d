"""Readers never block a build and a build never breaks readers, whenever it is killed."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import ROOT, Run, command, environment, quick_command, rows, run_build, simulate

from book_of_business.building import build, publish
from book_of_business.errors import UserError

KILLED = 9
COUNT = "select count(*), count(distinct account_id), round(sum(effort_hours), 6) from marts.fct_account_effort"


def make_working_file(path: Path, value: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create or replace table marts.fct_books as select ? as value", [value])
        connection.execute("create or replace table marts.dim_weeks as select ? as value", [value])
        connection.execute("create schema if not exists raw")
        connection.execute("create or replace view raw.not_a_mart as select 1 as value")
        connection.execute("create or replace table raw.whole_run as select 2 as mart_count")
        connection.execute(
            "create or replace table raw.finished_run as from (values ('clock', 'as_of_date', '2026-06-28'),"
            " ('build', 'is_bundled_book', 'false')) as finished (kind, name, value)"
        )
        connection.execute("create schema if not exists reference")
        connection.execute("create or replace table reference.thresholds as select 'limit' as threshold, 1.0 as value")
    return path


def published_values(folder: Path) -> set[int]:
    """What a reader finds in the published file and in the Parquet files: one value where all is whole."""
    found = {
        value for mart in ("fct_books", "dim_weeks") for (value,) in rows(folder / "book.duckdb", f"from marts.{mart}")
    }
    return found | {
        pl.read_parquet(folder / "marts" / f"{mart}.parquet")["value"].item() for mart in ("fct_books", "dim_weeks")
    }


def test_published_are_the_tables_of_schema_marts(tmp_path: Path) -> None:
    marts = publish.publish(
        make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts"
    )
    assert marts == ["dim_weeks", "fct_books"]
    assert sorted(path.name for path in (tmp_path / "marts").glob("*.parquet")) == [
        "dim_weeks.parquet",
        "fct_books.parquet",
    ]
    assert published_values(tmp_path) == {1}


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def assert_complete(marts_dir: Path) -> None:
    """Every file that the manifest lists is there as listed, and no other."""
    folder = marts_dir.resolve()
    files = manifest_of(folder)["files"]
    assert {entry["file"] for entry in files} == {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
    for entry in files:
        path = folder / entry["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"], path
        assert path.stat().st_size == entry["bytes"]
        frame = pl.read_parquet(path)
        assert (frame.height, frame.columns) == (entry["rows"], list(entry["columns"]))


def test_equal_content_has_one_build_id_in_the_file_and_in_the_manifest(tmp_path: Path) -> None:
    files = (tmp_path / "working.duckdb", tmp_path / "book.duckdb", tmp_path / "marts")
    ids = []
    for value in (1, 1, 2):
        publish.publish(make_working_file(files[0], value), files[1], files[2])
        assert_complete(files[2])
        ids.append(manifest_of(files[2])["build"]["build_id"])
        found = rows(files[1], "select build_id, as_of_date::varchar, is_bundled_book, row_count from reference.build")
        assert found == [(ids[-1], "2026-06-28", False, 2)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("change", "changed_schemas"),
    [
        ("alter table marts.fct_books add column note varchar", {"fct_books"}),
        ("alter table marts.fct_books alter value type bigint", {"fct_books"}),
        ("insert into reference.thresholds values ('other', 2.0)", set()),
        ("insert into raw.finished_run values ('project', 'the models', 'others')", set()),
    ],
)
def test_what_changes_makes_another_build(tmp_path: Path, change: str, changed_schemas: set[str]) -> None:
    files = (make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    publish.publish(*files)
    before = manifest_of(files[2])
    with duckdb.connect(str(files[0])) as connection:
        connection.execute(change)
    publish.publish(*files)
    after = manifest_of(files[2])
    assert after["build"]["build_id"] != before["build"]["build_id"]
    schemas = [{entry["table"]: entry["schema_hash"] for entry in one["files"]} for one in (before, after)]
    assert {name for name in schemas[0] if schemas[0][name] != schemas[1][name]} == changed_schemas


def test_order_and_rounding_do_not_make_another_build(tmp_path: Path) -> None:
    files = (make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    ids = []
    for values in ("(0.3, 'a'), (1.0, null)", "(1.0, null), (0.1::double + 0.2, 'a')", "(1.0, 'a'), (0.3, null)"):
        with duckdb.connect(str(files[0])) as connection:
            connection.execute(
                "create or replace table marts.fct_books as"
                f" select value::double as value, name from (values {values}) as books (value, name)"
            )
        publish.publish(*files)
        ids.append(manifest_of(files[2])["build"]["build_id"])
    assert ids[0] == ids[1] != ids[2]


def test_comments_of_tables_and_views_are_copied_on_one_line(tmp_path: Path) -> None:
    working = make_working_file(tmp_path / "working.duckdb", 1)
    with duckdb.connect(str(working)) as connection:
        connection.execute("drop table marts.fct_books")
        connection.execute("create view marts.fct_books as select 1 as value, 2 as other")
        connection.execute("comment on view marts.fct_books is 'One row,\n  it''s a view.\n'")
        connection.execute("comment on column marts.fct_books.value is 'A \"value\".'")
        connection.execute("comment on table reference.thresholds is 'Limits.'")
    publish.publish(working, tmp_path / "book.duckdb", tmp_path / "marts")
    tables = "select table_name, table_comment from information_schema.tables where table_name in (?, ?) order by 1"
    columns = "select column_name, comment from duckdb_columns() where table_name = 'fct_books' order by column_index"
    with duckdb.connect(str(tmp_path / "book.duckdb"), read_only=True) as connection:
        assert connection.execute(tables, ["fct_books", "thresholds"]).fetchall() == [
            ("fct_books", "One row, it's a view."),
            ("thresholds", "Limits."),
        ]
        assert connection.execute(columns).fetchall() == [("value", 'A "value".'), ("other", None)]


def test_marts_by_account_and_week_are_copied_for_as_many_weeks_as_are_asked_for(tmp_path: Path) -> None:
    working = make_working_file(tmp_path / "working.duckdb", 1)
    with duckdb.connect(str(working)) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_clock as select date '2026-06-22' as latest_week_start_date")
        connection.execute(
            "create view marts.fct_account_effort as select 'a' as account_id,"
            " cast(unnest(generate_series(date '2026-06-01', date '2026-06-22', interval 7 day)) as date)"
            " as week_start_date"
        )
    for weeks, expected in ((None, 4), (2, 2), (99, 4)):
        publish.publish(working, tmp_path / "book.duckdb", tmp_path / "marts", weeks)
        counted = rows(tmp_path / "book.duckdb", "select count(*), max(week_start_date) from marts.fct_account_effort")
        assert [(count, str(latest)) for count, latest in counted] == [(expected, "2026-06-22")], weeks


def test_the_published_file_can_be_read_by_duckdb_1(tmp_path: Path) -> None:
    publish.publish(make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path}/book.duckdb' as published (read_only)")
        (tags,) = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchone()
    assert tags["storage_version"].startswith("v1.0.0"), tags


def test_an_open_reader_keeps_the_old_rows_and_the_next_one_sees_the_new(tmp_path: Path) -> None:
    files = (tmp_path / "working.duckdb", tmp_path / "book.duckdb", tmp_path / "marts")
    publish.publish(make_working_file(files[0], 1), files[1], files[2])
    with (
        duckdb.connect(str(files[1]), read_only=True) as reader,
        (files[2] / "fct_books.parquet").open("rb") as parquet,
    ):
        publish.publish(make_working_file(files[0], 2), files[1], files[2])
        assert reader.execute("from marts.fct_books").fetchall() == [(1,)]
        assert pl.read_parquet(parquet)["value"].item() == 1
    assert published_values(tmp_path) == {2}


# Every call of publishing that changes the disk, by name and which time it is made.
# Synced are two marts, a reference table, the build, the manifest and the file.
STEPS = (
    *(("mkdir", 1), ("write_text", 1), *(("fsync", time) for time in (1, 4, 5, 6))),
    *(("replace", 1), ("replace", 2), ("rename", 1), ("symlink_to", 1)),
)


@pytest.mark.parametrize(("step", "occurrence"), STEPS)
def test_a_kill_at_any_step_of_publishing_leaves_what_was_there_whole(
    tmp_path: Path, step: str, occurrence: int
) -> None:
    files = (tmp_path / "working.duckdb", tmp_path / "book.duckdb", tmp_path / "marts")
    publish.publish(make_working_file(files[0], 1), files[1], files[2])
    make_working_file(files[0], 2)
    child = os.fork()
    if child == 0:
        die_at(step, occurrence)
        publish.publish(*files)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED, "publishing never made this call"
    found = [published_values_of_one_kind(tmp_path, kind) for kind in ("duckdb", "parquet")]
    # each kind is whole; one may be new already, since two renames are never one
    assert found[0] in ({1}, {2})
    assert found[1] in ({1}, {2})
    assert_complete(tmp_path / "marts")
    publish.publish(make_working_file(files[0], 3), files[1], files[2])
    assert published_values(tmp_path) == {3}
    publish.publish(make_working_file(files[0], 4), files[1], files[2])
    left = sorted(path.name for path in tmp_path.iterdir() if not path.is_symlink())
    assert len([name for name in left if name.startswith(".marts")]) <= 2, left


def published_values_of_one_kind(folder: Path, kind: str) -> set[int]:
    if kind == "duckdb":
        return {
            value
            for mart in ("fct_books", "dim_weeks")
            for (value,) in rows(folder / "book.duckdb", f"from marts.{mart}")
        }
    return {
        pl.read_parquet(folder / "marts" / f"{mart}.parquet")["value"].item() for mart in ("fct_books", "dim_weeks")
    }


def die_at(step: str, occurrence: int) -> None:
    """Make this process die, as by kill -9, just before the given call is made for the given time."""
    owner = Path if step in ("mkdir", "symlink_to", "write_text") else os
    original = getattr(owner, step)
    calls = 0

    def dying(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == occurrence:
            os._exit(KILLED)
        return original(*arguments, **options)

    setattr(owner, step, dying)


def test_what_was_copied_is_seen_by_nobody_until_it_replaces_what_is_published(tmp_path: Path) -> None:
    files = tmp_path / "working.duckdb", tmp_path / "book.duckdb", tmp_path / "marts"
    publish.publish(make_working_file(files[0], 1), files[1], files[2])
    before = sorted(path.name for path in tmp_path.iterdir())
    copied = publish.copy_marts(make_working_file(files[0], 2), files[1], files[2])
    assert rows(copied.file, "from marts.fct_books") == [(2,)]
    assert published_values(tmp_path) == {1}
    publish.remove_leftovers(files[1], files[2])
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    publish.replace(publish.copy_marts(files[0], files[1], files[2]), files[1], files[2])
    assert published_values(tmp_path) == {2}


def test_without_marts_there_is_nothing_to_publish(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `make build` first"):
        publish.publish(tmp_path / "none.duckdb", tmp_path / "book.duckdb", tmp_path / "marts")
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(UserError, match="has no marts"):
        publish.publish(tmp_path / "empty.duckdb", tmp_path / "book.duckdb", tmp_path / "marts")


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts" / "precious.txt").write_text("mine")
    with pytest.raises(UserError, match="move it away"):
        publish.publish(make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    assert (tmp_path / "marts" / "precious.txt").read_text() == "mine"


def test_marts_of_a_run_that_was_not_whole_are_not_published(tmp_path: Path) -> None:
    files = (make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    publish.publish(*files)
    with duckdb.connect(str(make_working_file(files[0], 2))) as connection:
        connection.execute("drop table raw.whole_run")
    with pytest.raises(UserError, match="not those of one whole run"):
        publish.publish(*files)
    assert published_values(tmp_path) == {1}


def test_a_write_ahead_log_that_a_tool_left_does_not_spoil_the_next_file(tmp_path: Path) -> None:
    files = (make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    publish.publish(*files)
    child = os.fork()
    if child == 0:
        writer = duckdb.connect(str(files[1]))
        writer.execute("create table main.scribbled as select 1 as value")
        os._exit(9)
    os.waitpid(child, 0)
    assert Path(f"{files[1]}.wal").exists()
    publish.publish(make_working_file(files[0], 2), files[1], files[2])
    assert published_values(tmp_path) == {2}


def test_what_a_user_keeps_beside_the_marts_stays(tmp_path: Path) -> None:
    files = (make_working_file(tmp_path / "working.duckdb", 1), tmp_path / "book.duckdb", tmp_path / "marts")
    (tmp_path / ".marts-backup").mkdir()
    (tmp_path / ".marts_notes").write_text("mine")
    for value in (1, 2, 3):
        publish.publish(make_working_file(files[0], value), files[1], files[2])
    assert (tmp_path / ".marts-backup").is_dir()
    assert (tmp_path / ".marts_notes").read_text() == "mine"


@pytest.fixture(scope="module")
def other_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another book than the published one, so that the two can be told apart."""
    return simulate(
        tmp_path_factory.mktemp("raw") / "b", "--accounts", "30", "--csms", "4", "--weeks", "10", "--seed", "8"
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, small_build: Run) -> Run:
    """A build directory of this module's own, since its builds are killed."""
    own = shutil.copytree(small_build.build_dir, tmp_path_factory.mktemp("killed") / "block", symlinks=True)
    # a folder whose name has "lock" in it: a broken file must not be taken for one that is open elsewhere
    return Run(0, "", "", own)


def start_build(build_dir: Path, raw_data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        quick_command("build", *arguments),
        cwd=ROOT,
        env=environment(build_dir, raw_data),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


# Of these every row has a day of its own, or it is about the raw data and not about a day.
WITHOUT_AS_OF_DATE = {
    *("fct_competitor_mentions", "fct_risk_signals"),
    *("data_coverage", "rejected_rows", "unclassified_interaction_types"),
}


def test_a_bi_tool_finds_descriptions_dates_and_every_owner(small_build: Run) -> None:
    columns = pl.DataFrame(
        rows(
            small_build.published_file,
            "select schema_name, table_name, column_name, comment from duckdb_columns()"
            " where schema_name in ('marts', 'reference') union all"
            " select schema_name, table_name, null, comment from duckdb_tables()",
        ),
        schema=["schema", "table", "column", "comment"],
        orient="row",
    )
    assert columns["comment"].null_count() == 0
    assert columns.filter(pl.col("comment").str.contains(r"[<>&\n]|\{\{")).is_empty(), "plain text on any page"
    assert {path.stem for path in (ROOT / "seeds" / "reference").glob("*.csv")} | {"build"} == set(
        columns.filter(pl.col("schema") == "reference")["table"]
    )

    marts = columns.filter((pl.col("schema") == "marts") & pl.col("column").is_not_null())
    of_one_day, weekly, with_owner = (
        set(marts.filter(pl.col("column") == name)["table"]) for name in ("as_of_date", "week_start_date", "csm_id")
    )
    assert not of_one_day & weekly
    assert set(marts["table"]) - of_one_day - weekly == WITHOUT_AS_OF_DATE
    as_of_date = rows(small_build.published_file, "select as_of_date from reference.build")
    for mart in of_one_day:
        assert rows(small_build.published_file, f"select distinct as_of_date from marts.{mart}") in (as_of_date, [])
    for mart in with_owner:
        lost = f"select csm_id from marts.{mart} where csm_id not in (select csm_id from marts.dim_csms)"
        assert rows(small_build.published_file, lost) == [], mart
    assert "fct_csm_load" in with_owner
    assert_complete(small_build.build_dir / "marts")


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("Reading the raw tables ...", 2.0), ("Building the marts ...", 4.0), ("Copying the marts ...", 0.02)],
)
def test_a_killed_build_leaves_the_last_good_marts(published: Run, other_book: Path, line: str, seconds: float) -> None:
    before = rows(published.published_file, COUNT)
    running = start_build(published.build_dir, other_book, "--fast")
    seen = any(said.strip() == line for said in running.stderr)
    time.sleep(seconds)
    was_running = running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    running.stderr.close()
    assert seen
    assert was_running
    assert rows(published.published_file, COUNT) == before


def test_a_reader_keeps_the_old_rows_through_a_build_on_what_the_kills_left(published: Run, other_book: Path) -> None:
    before = rows(published.published_file, COUNT)
    with duckdb.connect(str(published.build_dir / "working.duckdb")) as working:
        # as an earlier version made it, of a reference table that has a column more since
        weights = "reference.effort_weights"
        working.execute(f"create or replace table {weights} as select version from {weights}")
    with duckdb.connect(str(published.published_file), read_only=True) as reader:
        running = start_build(published.build_dir, other_book, "--fast")
        reads = 0
        while running.poll() is None:
            assert reader.execute(COUNT).fetchall() == before
            reads += 1
            time.sleep(0.2)
        said = running.stderr.read()
        running.stderr.close()
        assert running.returncode == 0, said
        assert reads > 3
        assert reader.execute(COUNT).fetchall() == before
    assert rows(published.published_file, COUNT) != before


def test_a_broken_working_file_is_made_anew_and_the_marts_are_those_from_before_it_broke(
    published: Run, other_book: Path
) -> None:
    query = "select csm_id, week_start_date, account_count, round(load_ratio, 9) from marts.fct_csm_load order by all"
    after_kills = rows(published.published_file, query)
    (published.build_dir / "working.duckdb").write_bytes(b"half a page of a database")
    repaired = run_build(published.build_dir, other_book, "--fast")
    assert repaired.code == 0, repaired.said
    assert rows(repaired.published_file, query) == after_kills


def test_two_builds_of_one_directory_do_not_run_at_once(published: Run, small_book: Path) -> None:
    import fcntl

    with (published.build_dir / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = run_build(published.build_dir, small_book, "--fast")
    assert second.code == 1
    assert "another build is running" in second.said


def test_a_working_file_of_somebody_else_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    working_file = make_working_file(tmp_path / "working.duckdb", 1)
    monkeypatch.setattr(build.os, "access", lambda *_: False)
    with pytest.raises(UserError, match="no permission to read and write"):
        build.remove_unreadable(working_file)
    assert working_file.exists()


def test_a_build_directory_that_is_a_file_says_so(small_book: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    stopped = run_build(tmp_path / "taken", small_book, "--fast")
    assert stopped.code == 1
    assert "taken" in stopped.said
    assert "Traceback" not in stopped.said
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_interrupted_build_says_that_nothing_published_has_changed(small_book: Path, tmp_path: Path) -> None:
    running = subprocess.Popen(
        command("build"), cwd=ROOT, env=environment(tmp_path, small_book), stderr=subprocess.PIPE, text=True
    )
    for line in running.stderr:
        if line.startswith("Building the marts"):
            break
    running.send_signal(signal.SIGINT)
    said = running.stderr.read()
    running.stderr.close()
    assert running.wait() == 130, said
    assert "what was published before is as it was" in said
    assert "Traceback" not in said
