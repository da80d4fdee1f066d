"""The benchmark at a tiny size: it runs, it goes on after a stop, and all versions of the core marts are one."""

import datetime as dt
import json
import os
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from book_of_business.errors import UserError
from book_of_business.proof.bench import cli as bench
from book_of_business.proof.bench import data, equality, figures, machine, page, plan, results, sizes
from book_of_business.proof.bench.compiled import Statement, behind_core_marts
from book_of_business.proof.bench.measure import measure
from book_of_business.proof.bench.rules import CORE_MARTS, read_rules
from book_of_business.settings import project_dir

STEPS = ("data", "dbt", "core", "sql", "scan", "polars", "pandas")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Work folder and evidence of a whole run: 200 accounts, 40 weeks."""
    work, out = tmp_path_factory.mktemp("bench"), tmp_path_factory.mktemp("evidence")
    arguments = ["200", "--weeks", "40", "--runs", "1", "--work", str(work), "--out", str(out), "--only", *STEPS]
    assert bench.main(arguments) == 0
    return work, out


def test_every_step_is_measured_and_every_version_is_the_build(measured: tuple[Path, Path]) -> None:
    work, out = measured
    records = {record["step"]: record for record in results.read(out / "benchmark.jsonl")[1:]}
    assert tuple(records) == STEPS
    for step in STEPS:
        assert records[step]["wall_seconds"] > 0
        assert records[step]["cpu_seconds"] > 0
        assert records[step]["peak_memory_bytes"] > 20e6
    assert all(records[step]["is_equal"] for step in ("sql", "polars", "pandas"))
    assert records["data"]["rows"]["accounts"] == 200
    text = (out / "benchmark.md").read_text()
    assert "core marts: SQL by hand / Polars" in text
    assert "## Towards 100 million accounts" in text
    assert "<svg" in (out / "benchmark.svg").read_text()
    assert (work / "200" / "marts" / "polars" / "usage_declines.parquet").is_file()


def test_another_number_in_another_version_is_found(measured: tuple[Path, Path], tmp_path: Path) -> None:
    work, _ = measured
    for mart in CORE_MARTS:
        frame = pl.read_parquet(work / "200" / "marts" / "polars" / f"{mart}.parquet")
        if mart == "fct_csm_load":
            last = pl.int_range(pl.len()) == pl.len() - 1
            frame = frame.with_columns(pl.when(last).then(pl.col("effort_hours") + 1e-6).otherwise("effort_hours"))
        frame.write_parquet(tmp_path / f"{mart}.parquet")
    with pytest.raises(UserError, match=r"fct_csm_load: of \d+ rows 0 are missing, 0 are not ours, 1 have another"):
        equality.check(work / "200" / "dbt" / "working.duckdb", tmp_path, "nobody")


def test_a_stopped_session_goes_on_where_it_was(measured: tuple[Path, Path], tmp_path: Path) -> None:
    work, _ = measured
    size = sizes.Size("200", 200, 40, tmp_path)
    session = results.open_session(size, machine.facts(project_dir()))
    for record in results.read(work / "200" / "session.jsonl"):
        if record.get("step") in ("data", "dbt"):
            session.add(record)
    with size.session_file.open("a") as handle:
        handle.write('{"kind": "measured", "st')  # killed while writing
    again = results.open_session(size, machine.facts(project_dir()))
    assert [record["step"] for record in again.measured] == ["data", "dbt"]
    results.finish_session(again)
    assert results.open_session(size, machine.facts(project_dir())).measured == []


def test_versions_tell_of_the_environment_that_spark_runs_in(tmp_path: Path) -> None:
    package = tmp_path / ".venv-spark" / "lib" / "python3.11" / "site-packages" / "pyspark-9.8.7.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: pyspark\nVersion: 9.8.7\n")
    versions = machine.facts(tmp_path)["versions"]
    assert versions["pyspark"] == "9.8.7"
    assert versions["dbt-spark"] == "not here"
    assert versions["duckdb"] == duckdb.__version__


def test_the_last_week_is_cut_away_and_comes_back(measured: tuple[Path, Path]) -> None:
    work, _ = measured
    size = sizes.Size("200", 200, 40, work / "200")
    cut = data.cut_last_week(size)
    assert cut == data.mondays(size.raw)[-1]
    assert data.mondays(size.growing)[-1] == cut - dt.timedelta(weeks=1)
    for table, (begins, later, _) in data.CUTS.items():
        dates = ", ".join(f"max(cast({name} as date))" for name in (begins, *later))
        found = duckdb.execute(f"select {dates} from '{size.growing / table}.parquet'").fetchone()
        assert all(date is None or date < cut for date in found), table
    data.add_last_week(size)
    for table in ("accounts", "subscriptions", "opportunities"):
        assert (size.growing / f"{table}.parquet").read_bytes() == (size.raw / f"{table}.parquet").read_bytes()
    assert data.mondays(size.growing) == data.mondays(size.raw)


def test_memory_and_time_are_those_of_the_process_and_its_children(tmp_path: Path) -> None:
    held = bytearray(400_000_000)  # what the one that measures holds is not theirs
    child = (
        "import pathlib, time; held = bytearray(150_000_000); pathlib.Path('held').touch()\n"
        "while not pathlib.Path('looked').exists(): time.sleep(0.01)"
    )
    parent = f"import subprocess, sys; held = bytearray(100_000_000); subprocess.run([sys.executable, '-c', {child!r}])"
    ticks: list[bool] = []

    def on_tick() -> None:
        if any(ticks):  # a whole look has passed since the child held it all
            (tmp_path / "looked").touch()
        ticks.append((tmp_path / "held").exists())

    cost = measure([sys.executable, "-c", parent], os.environ, tmp_path, tmp_path / "log", on_tick)
    assert 250e6 < cost.peak_memory_bytes < len(held)
    assert 0 < cost.cpu_seconds < cost.wall_seconds


def test_memory_of_a_process_that_ends_before_anybody_looks_counts(tmp_path: Path) -> None:
    held = bytearray(400_000_000)
    cost = measure([sys.executable, "-c", "bytearray(60_000_000)"], os.environ, tmp_path, tmp_path / "log")
    assert 60e6 < cost.peak_memory_bytes < len(held)


def test_time_of_a_child_that_nobody_waits_for_counts(tmp_path: Path) -> None:
    """As Spark's: Python ends and leaves it to end by itself."""
    child = "import time, pathlib\nwhile time.process_time() < 1: pass\npathlib.Path('done').touch(); time.sleep(60)"
    parent = (
        "import os, pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "while not pathlib.Path('done').exists(): time.sleep(0.05)\n"
        "time.sleep(1); child.kill(); os._exit(0)"
    )
    cost = measure([sys.executable, "-c", parent], os.environ, tmp_path, tmp_path / "log")
    assert cost.cpu_seconds >= 1


def test_a_step_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], os.environ, tmp_path, tmp_path / "log")


@pytest.mark.parametrize(("text", "accounts", "csms", "runs"), [("10k", 10_000, 200, 3), ("1M", 1_000_000, 20_000, 1),
                                                                ("200", 200, 4, 3)])  # fmt: skip
def test_sizes_are_read(text: str, accounts: int, csms: int, runs: int, tmp_path: Path) -> None:
    size = sizes.parse(text, 104, tmp_path)
    assert (size.accounts, size.csms, size.runs) == (accounts, csms, runs)


@pytest.mark.parametrize("text", ["", "99", "10x", "k", "-5", "1.5m"])
def test_what_is_no_size_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give a number of accounts"):
        sizes.parse(text, 104, tmp_path)


def test_an_unknown_step_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert bench.main(["200", "--work", str(tmp_path), "--out", str(tmp_path), "--only", "polar"]) == 1
    assert "no such step: polar" in capsys.readouterr().err


def record(size: str, accounts: int, step: str, seconds: float, gigabytes: float = 1.0) -> dict:
    return {"kind": "measured", "size": size, "accounts": accounts, "step": step, "wall_seconds": seconds,
            "cpu_seconds": 2 * seconds, "peak_memory_bytes": gigabytes * 1e9, "load_before": 0.1}  # fmt: skip


def session(size: str, accounts: int) -> dict:
    return {"kind": "session", "size": size, "accounts": accounts, "weeks": 104} | machine.facts(project_dir())


def test_figures_are_medians_ratios_and_exponents() -> None:
    records = [session("10k", 10_000), *(record("10k", 10_000, "dbt", seconds) for seconds in (9.0, 30.0, 10.0)),
               record("10k", 10_000, "compiled", 4.0), record("10k", 10_000, "before", 10.0),
               record("10k", 10_000, "increment", 1.0),
               session("100k", 100_000), record("100k", 100_000, "dbt", 1000.0)]  # fmt: skip
    found = figures.figures(records)
    assert found["10k", "dbt"].wall == 10.0
    assert figures.exponent(found["10k", "dbt"], found["100k", "dbt"]) == pytest.approx(2.0)
    told = {ratio.title: (ratio.wall, ratio.is_reached) for ratio in figures.ratios(found, "10k")}
    assert told["dbt build / its compiled SQL by hand"] == (2.5, False)
    assert told["increment of a week / the whole dbt build before it"] == (0.1, True)
    text = page.page(records, project_dir())
    assert "| `dbt` | 2.00 |" in text
    assert "not measured on one commit" not in text
    assert "not measured on one commit" in page.page(
        [*records[:-2], records[-2] | {"commit": "0"}, records[-1]], project_dir()
    )


def test_ratios_are_told_beside_their_targets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    size = sizes.Size("10k", 10_000, 104, tmp_path)
    measured = [record("10k", 10_000, step, seconds)
                for step, seconds in (("dbt", 10.0), ("compiled", 4.0), ("before", 10.0), ("increment", 1.0),
                                      ("sql", 6.0), ("scan", 2.0))]  # fmt: skip
    bench.print_ratios(results.Session(size, session("10k", 10_000), measured))
    told = capsys.readouterr().out.splitlines()
    assert "10k: dbt build / its compiled SQL by hand: 2.50, CPU 2.50 (target <= 2, not reached)" in told
    assert "10k: increment of a week / the whole dbt build before it: 0.10, CPU 0.10 (target <= 0.12, reached)" in told
    assert "10k: core marts: SQL by hand / scan floor: 3.00, CPU 3.00" in told
    assert len(told) == 3


def test_cpu_time_that_a_record_does_not_have_is_left_empty() -> None:
    untold = record("10k", 10_000, "spark", 100.0)
    del untold["cpu_seconds"]
    records = [session("10k", 10_000), record("10k", 10_000, "dbt", 9.0), untold]
    text = page.page(records, project_dir())
    assert "| 100.0 |  | 1.00 |" in text
    assert "| dbt build on DuckDB / on Spark | 0.09 |  | <= 1 | yes |" in text


def test_a_size_whose_whole_build_was_left_out_is_judged_by_the_one_before_the_increment() -> None:
    records = [
        session("1m", 1_000_000),
        record("1m", 1_000_000, "data", 60.0) | {"rows": {"usage": 10}, "bytes": 9},
        record("1m", 1_000_000, "before", 600.0) | {"bytes": 5},
        record("1m", 1_000_000, "increment", 60.0) | {"rebuilt_from": "2026-06-22", "reason": "a week"},
    ]
    text = page.page(records, project_dir())
    assert "| dbt build of all marts | <= 12 min | 10.0 min |" in text
    assert "| increment of a week | <= 12 % of that | 10 % |" in text
    assert "not compared with a whole build here" in text
    assert "| dbt build, CPU | 1,200 s |" in text


def test_a_size_measured_again_replaces_its_older_lines(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.jsonl"
    lines = [session("10k", 10_000), record("10k", 10_000, "dbt", 5.0), session("1m", 1_000_000)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    size = sizes.Size("10k", 10_000, 104, tmp_path)
    again = results.Session(size, session("10k", 10_000), [record("10k", 10_000, "dbt", 3.0)])
    kept = results.replace_size(path, again)
    assert [line.get("wall_seconds") for line in kept] == [None, 3.0, None]
    assert results.read(path) == kept


def test_core_marts_are_run_with_what_they_read_and_nothing_else() -> None:
    def model(name: str, *parents: str) -> Statement:
        return Statement(name, name, "table", "", parents)

    statements = [
        model("stg"),
        model("other"),
        model("int", "stg", "int_rebuild"),
        model("int_rebuild", "other"),
        model("fct_csm_load", "int"),
        model("fct_x", "other"),
    ]
    assert [each.model for each in behind_core_marts(statements)] == ["stg", "int", "fct_csm_load"]


def test_reference_tables_that_other_versions_cannot_follow_are_refused(tmp_path: Path) -> None:
    source, target = project_dir() / "seeds" / "reference", tmp_path / "seeds" / "reference"
    target.mkdir(parents=True)
    for path in source.glob("*.csv"):
        (target / path.name).write_text(path.read_text())
    assert read_rules(tmp_path).days("health_days") == 56
    thresholds = target / "thresholds.csv"
    changed = thresholds.read_text().replace("fiscal_year_start_month,1,", "fiscal_year_start_month,2,")
    thresholds.write_text(changed)
    with pytest.raises(UserError, match="the calendar year"):
        read_rules(tmp_path)


def test_spark_is_left_out_with_a_reason(tmp_path: Path) -> None:
    assert "no Spark here" in plan.spark_is_missing(tmp_path, sizes.Size("10k", 10_000, 104, tmp_path))
    assert "not run" in plan.spark_is_missing(tmp_path, sizes.Size("1m", 1_000_000, 104, tmp_path))
