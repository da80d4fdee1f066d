"""What `make weekly` shows, of books as hostile and as empty as they may be."""

import io
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, Run, command, environment
from rich.cells import cell_len
from rich.console import Console

from book_of_business.console import SHOWN_CSMS
from book_of_business.errors import UserError
from book_of_business.terminal import weekly

MONDAY, SUNDAY = date(2026, 6, 22), date(2026, 6, 28)
HOSTILE_NAMES = {
    "markup": "[bold red]Ana[/] [/nothing",
    "link": "[link=http://evil.test]click[/link]",
    "lines": "two\nlines\x1b[31m\u202e",
    "long": "x" * 200,
    "emoji": ":skull: 🚀 Ünïcode",
    "empty": "",
}
METRICS = [metric.column for metric in weekly.METRICS]
COLUMNS = (
    [f"{prefix}{metric}" for metric in METRICS for prefix in ("", "previous_", "trend_")]
    + ["throughput_ceiling_count", "open_undetected_count", "net_retention_ratio", "gross_retention_ratio"]
    + ["logo_retention_ratio", "expansion_ratio", "mean_csat_score", "csat_response_count", "net_promoter_score"]
    + ["nps_response_count"]
)
MOVEMENTS = ["opening_arr_usd", *(column for column, _, _ in weekly.MOVEMENTS), "closing_arr_usd"]
FULL = {
    **{"load_ratio": 1.125, "previous_load_ratio": 1.004, "trend_load_ratio": 0.02},
    **{"counted_interaction_count": 14, "previous_counted_interaction_count": 14, "throughput_ceiling_count": 12.0},
    **{"trend_counted_interaction_count": -0.5, "mean_detection_days": 9.25, "previous_mean_detection_days": 10.5},
    **{"open_undetected_count": 3, "mean_sentiment_score": -0.04, "trend_mean_sentiment_score": 0.0001},
    **{"unmonitored_ratio": 0.25, "previous_unmonitored_ratio": 0.251, "net_retention_ratio": 1.05},
    **{"gross_retention_ratio": 0.9, "logo_retention_ratio": 0.875, "expansion_ratio": 0.15},
    **{"mean_csat_score": 3.75, "csat_response_count": 4, "net_promoter_score": -25.0, "nps_response_count": 8},
}


def type_of(column: str) -> str:
    is_count = column.endswith("_count") and not column.startswith(("trend_", "throughput_"))
    return "bigint" if is_count else "double"


def publish(
    folder: Path,
    names: dict[str, str],
    values: dict[str, Any],
    movements: dict[str, float | None],
    triggers: list[tuple[str, str]] | None = None,
) -> Path:
    """A published file with one week; every CSM and the organisation have `values`, null where not given."""
    row = [values.get(column) for column in COLUMNS]
    types = ", ".join(f"{column} {type_of(column)}" for column in COLUMNS)
    marks = ", ".join("?" * len(COLUMNS))
    with duckdb.connect(str(folder / "book_of_business.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_weeks (week_start_date date, week_end_date date, is_latest boolean)")
        connection.execute("insert into marts.dim_weeks values (?, ?, true)", [MONDAY, SUNDAY])
        connection.execute("create table marts.dim_csms (csm_id varchar, csm_name varchar)")
        connection.execute(f"create table marts.fct_csm_scorecard (csm_id varchar, week_start_date date, {types})")
        for csm_id, name in names.items():
            connection.execute("insert into marts.dim_csms values (?, ?)", [csm_id, name])
            connection.execute(f"insert into marts.fct_csm_scorecard values (?, ?, {marks})", [csm_id, MONDAY, *row])
        connection.execute(
            f"create table marts.fct_team_scorecard (scope varchar, team varchar, week_start_date date, {types})"
        )
        for scope, team in (("organisation", "organisation"), ("team", "organisation")):
            connection.execute(
                f"insert into marts.fct_team_scorecard values (?, ?, ?, {marks})", [scope, team, MONDAY, *row]
            )
        amounts = ", ".join(f"{column} double" for column in MOVEMENTS)
        connection.execute(f"create table marts.fct_arr_movements (week_start_date date, {amounts})")
        connection.execute(
            f"insert into marts.fct_arr_movements values (?{', ?' * len(MOVEMENTS)})",
            [MONDAY, *(movements.get(column) for column in MOVEMENTS)],
        )
        if triggers is not None:
            connection.execute(
                "create table marts.fct_rebalancing_triggers (csm_id varchar, trigger varchar, week_start_date date,"
                " value double, threshold double, since_week_start_date date, reason varchar)"
            )
            for csm_id, reason in triggers:
                connection.execute(
                    "insert into marts.fct_rebalancing_triggers values (?, 'load_over_target', ?, 1, 1, ?, ?)",
                    [csm_id, MONDAY, MONDAY, reason],
                )
    return folder


def shown(build_dir: Path, width: int = weekly.PIPED_WIDTH) -> str:
    """What a terminal of that width receives."""
    console = Console(file=io.StringIO(), width=width, highlight=False, force_terminal=True, legacy_windows=False)
    weekly.print_weekly(build_dir, console)
    return console.file.getvalue()


def plain(text: str) -> str:
    return " ".join(text.split())


def test_a_week_shows_value_change_direction_and_numbers_of_answers(tmp_path: Path) -> None:
    moved = {"opening_arr_usd": 1000.0, "new_arr_usd": 50.0, "churned_arr_usd": 25.0, "closing_arr_usd": 1025.0}
    text = shown(publish(tmp_path, {"a": "Ana"}, FULL, moved, [("a", "Ana's book asks for more than it has")]))
    told = plain(text)
    for words in (
        "Week of 2026-06-22 to 2026-06-28",
        "112%",
        "+12 ↗",
        "14 of 12",
        "0 ↘",
        "9.2 d (3 open)",
        "-1.2",
        "-0.04",
        "105.0% 90.0% 87.5% 15.0% 3.75 (4) -25 (8)",
        "ARR $1,000 + 50 new - 25 churn = $1,025",
        "Ana Ana's book asks for more than it has (since 2026-06-22)",
    ):
        assert words in told, told
    assert "-0 " not in told
    # the team that is called organisation is another row
    assert told.count("organisation") == 2


@pytest.mark.parametrize("width", [80, weekly.PIPED_WIDTH])
def test_hostile_names_are_shown_as_they_are_and_command_nothing(tmp_path: Path, width: int) -> None:
    triggers = [(csm_id, f"[red]{name}[/red] is over") for csm_id, name in HOSTILE_NAMES.items()]
    text = shown(publish(tmp_path, HOSTILE_NAMES, FULL, {"closing_arr_usd": 0.0}, triggers), width)
    assert "\x1b]8" not in text  # no link
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    told = plain(text)
    for words in ("[bold red]Ana[/]", "[link=http", ":skull:", "[red]two"):
        assert words in told, told
    for line in text.splitlines():
        assert cell_len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= width


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_of_more_csms_than_anybody_reads_the_first_are_shown_and_the_others_counted(
    tmp_path: Path, beyond: int
) -> None:
    names = {f"c{number:03}": f"CSM {number:03}" for number in range(SHOWN_CSMS + beyond)}
    triggers = [(csm_id, f"sign {kind} of {name}") for csm_id, name in names.items() for kind in ("one", "two")]
    told = plain(shown(publish(tmp_path, names, FULL, {"closing_arr_usd": 0.0}, triggers)))
    last, after = f"CSM {SHOWN_CSMS - 1:03}", f"CSM {SHOWN_CSMS:03}"
    # in both tables, and three times with its two signs
    assert told.count(last) == (0 if beyond < 0 else 5)
    assert after not in told
    assert ("1 more CSMs, with less load or none measured: see marts.fct_csm_scorecard" in told) == (beyond > 0)
    assert ("2 more signs: see marts.fct_rebalancing_triggers" in told) == (beyond > 0)


def test_nothing_measured_is_a_dash_and_no_zero(tmp_path: Path) -> None:
    told = plain(shown(publish(tmp_path, {"a": "Ana"}, {}, {"closing_arr_usd": 5.0}, [])))
    assert "Ana - - - - - - -" in told
    assert "0%" not in told
    assert "ARR $5; the week before is not measured" in told
    assert "Nothing calls for rebalancing" in told


def test_a_week_without_csms_and_without_triggers_mart_is_shown(tmp_path: Path) -> None:
    told = plain(shown(publish(tmp_path, {}, {}, {"opening_arr_usd": 0.0, "closing_arr_usd": 0.0})))
    assert "no CSM is employed in this week" in told
    assert "ARR $0 = $0" in told
    assert "rebalanc" not in told


def test_what_was_published_by_an_older_version_says_so(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "book_of_business.duckdb")) as connection:
        connection.execute("create schema marts")
    with pytest.raises(UserError, match="run `make build` again"):
        shown(tmp_path)


def weekly_run(build_dir: Path) -> Run:
    done = subprocess.run(
        command("weekly"), cwd=ROOT, env=environment(build_dir, None), capture_output=True, text=True, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr, build_dir)


def test_without_a_build_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = weekly_run(tmp_path)
    assert done.code == 1
    assert "make build" in done.errors
    assert "Traceback" not in done.said
    assert len(done.said.strip().splitlines()) == 1


def test_the_small_book_is_printed_for_a_pipe(small_build: Run) -> None:
    done = weekly_run(small_build.build_dir)
    assert done.code == 0, done.said
    assert "Week of" in done.output
    assert "\x1b" not in done.output
    assert max(map(len, done.output.splitlines())) <= weekly.PIPED_WIDTH
